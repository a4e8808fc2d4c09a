"""Opens envelopes that the server sealed: one JSON object a line in, one a line out."""

import json
import sys

import holdfast_format as f

for line in sys.stdin:
    case = json.loads(line)
    try:
        plaintext = f.open_envelope(
            bytes.fromhex(case["material"]), case["purpose"], bytes.fromhex(case["keyId"].replace("-", "")), case["version"],
            f.context_bytes(case["context"]), bytes.fromhex(case["sealed"]),
        )
        print(json.dumps({"plaintext": plaintext.hex()}))
    except f.Invalid:
        print(json.dumps({"error": "invalid"}))
