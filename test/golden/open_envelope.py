"""Opens envelopes that the server sealed: one JSON object a line in, one a line out, in the same order.

In: {"material": hex, "purpose": int, "keyId": UUID or 32 hex, "version": int, "context": [[key, value], ...] or null, "sealed": hex}.
Out: {"plaintext": hex} or, for every cause alike, {"error": "invalid"}.
"""

import json
import sys

import holdfast_format as f



def answer(case):
    sealed, material = bytes.fromhex(case["sealed"]), bytes.fromhex(case["material"])
    key_id = bytes.fromhex(case["keyId"].replace("-", ""))
    try:
        context = f.context_bytes(case["context"] or [])
    except ValueError:  # no encoding: nothing can have been sealed with it
        return {"error": "invalid"}
    try:
        return {"plaintext": f.open_envelope(material, case["purpose"], key_id, case["version"], context, sealed).hex()}
    except f.Invalid:
        return {"error": "invalid"}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))))
