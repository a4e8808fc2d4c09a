"""Writes the golden files, once. A file that exists is never changed: where it would differ, this refuses.

`--check` writes nothing: a file that is missing is then an error too. New cases go into new files.
"""

import hashlib
import hmac
import json
import pathlib
import sys

import holdfast_format as f
import root_slot

HERE = pathlib.Path(__file__).parent
KEY_ID = "1f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10"
DEPLOYMENT = "00112233445566778899aabbccddeeff"
PROJECT = "a0b1c2d3e4f5061728394a5b6c7d8e9f"
ASTRAL, REPLACEMENT = "\U0001f600", "�"


def drawn(label, size=32):
    """Bytes that anybody can make again."""
    return hashlib.shake_256(label.encode()).digest(size)


def stored(purpose, **places):
    return [("deployment", DEPLOYMENT), ("purpose", str(purpose))] + [(k.replace("_", "-"), v) for k, v in places.items()]


CONTEXTS = {
    "none": [],
    "huawei": [("additional_authenticated_data", "order 4711")],
    "empty value": [("additional_authenticated_data", "")],
    "order of UTF-8 bytes": [(ASTRAL, "last"), (REPLACEMENT, "middle"), ("a", "first")],
    "prefixes": [("a", "bc"), ("ab", "c")],
    "material": stored(17, project=PROJECT, key=KEY_ID, version="1", spec="AES_256", origin="external"),
    "access key": stored(18, project=PROJECT, access_key="AKIDEXAMPLE0123456789"),
    "import token": stored(22, project=PROJECT),
}
PLAINTEXTS = {"empty": b"", "text": "päper ☂".encode(), "4096 bytes": bytes(i % 251 for i in range(4096))}


def envelopes():
    for purpose in f.PURPOSES_1.values():
        yield purpose, "none", "text"
    for context in CONTEXTS:
        yield 1, context, "text"
    for plaintext in PLAINTEXTS:
        yield 1, "huawei", plaintext


def envelope_file(suite=1, salts="salt"):
    rows = []
    for n, (purpose, context, plaintext) in enumerate(dict.fromkeys(envelopes())):
        material, salt = drawn(f"material {suite}", f.SUITES[suite]["material"]), drawn(f"{salts} {n}")
        key_id, version = bytes.fromhex(KEY_ID.replace("-", "")), n + 1
        sealed = f.seal(material, suite, purpose, key_id, version, salt, f.context_bytes(CONTEXTS[context]), PLAINTEXTS[plaintext])
        rows.append({
            "suite": suite, "purpose": purpose, "keyId": KEY_ID, "version": version, "material": material.hex(), "salt": salt.hex(),
            "context": CONTEXTS[context], "plaintext": PLAINTEXTS[plaintext].hex(), "sealed": sealed.hex(),
        })
    return rows


def envelope_suite_3_file():
    return envelope_file(3, "salt of suite 3,")


def envelope_refused_file():
    """The right key and a tag that fits, but one bit of the commitment is turned: only comparing it refuses them."""
    rows, key_id = [], bytes.fromhex(KEY_ID.replace("-", ""))
    for suite in f.SUITES:
        for bit in range(0, 256, 5):
            material, salt, context = drawn(f"material {suite}", f.SUITES[suite]["material"]), drawn(f"refused {suite} {bit}"), CONTEXTS["huawei"]
            sealed = f.seal(material, suite, 1, key_id, 1, salt, f.context_bytes(context), PLAINTEXTS["text"], turn_bit=bit)
            rows.append({"suite": suite, "purpose": 1, "keyId": KEY_ID, "version": 1, "material": material.hex(), "context": context, "turnedBit": bit, "sealed": sealed.hex()})
    return rows


def context_file():
    return {
        "encodings": [{"name": n, "pairs": p, "bytes": f.context_bytes(p).hex()} for n, p in CONTEXTS.items()],
        "refused": [
            {"name": "a key twice", "pairs": [["a", "1"], ["a", "2"]]},
            {"name": "8193 bytes", "pairs": [["k", "v" * (8192 - 4 - 8)]]},
        ],
        "longest": {"pairs": [["k", "v" * (8192 - 4 - 9)]], "sizeBytes": 8192},
    }


def tagged(value):
    """Canonical values as JSON: bytes as {"hex": ...}."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    return [tagged(item) for item in value] if isinstance(value, list) else value


VALUES = [
    None, 0, 1, -1, 255, 2**32, -(2**32), 2**53 - 1, -(2**53) + 1, "", "a", "päper", ASTRAL, b"", b"\x00\xff", [], [[]],
    [None, [1, "a", b"a"], "", [["x"], b""]], ["a", "b"], ["ab"], [["a"], "b"],
]
KEY_ROW = {
    "id": KEY_ID, "project_id": PROJECT, "list_number": 374031234567168, "alias": "orders", "description": "päper", "spec": "AES_256",
    "usage": "ENCRYPT_DECRYPT", "origin": "external", "disabled": 0, "deletion_at": None, "material_version": 1,
    "material_expires_at": 1795524740918, "versions_digest": drawn("v"), "association": drawn("a"), "check_value": "0123456789abcdef",
    "imported_at": 1795521140999, "created_at": 1795521140918, "deleted_at": None,
}
GONE = dict(KEY_ROW, alias=None, description=None, material_version=None, material_expires_at=None, association=None, check_value=None,
            imported_at=None, deleted_at=1795621140918)
SECRET_ROW = {"id": "AKIDEXAMPLE0123456789", "user_id": "5d41402abc4b2a76b9719d911017c592", "project_id": PROJECT,
              "sealed_secret": drawn("s", 143), "disabled": 0, "created_at": 1795521140918}
ROWS = [("keys", 1, KEY_ROW, 1), ("keys", 1, KEY_ROW, 2), ("keys", 1, GONE, 3), ("access_keys", 1, SECRET_ROW, 7)]


def row_goldens(rows):
    mac_key = drawn("row-MAC key")
    return {
        "rowMacKey": mac_key.hex(),
        "rows": [{
            "table": t, "schemaVersion": s, "columns": {k: tagged(v) for k, v in c.items()}, "revision": r,
            "bytes": f.row_bytes("holdfast/v1/row", t, s, c, r).hex(), "mac": f.row_mac(mac_key, t, s, c, r).hex(),
            "digest": f.row_digest(t, s, c, r).hex(),
        } for t, s, c, r in rows],
    }


def canonical_file():
    return {"values": [{"value": tagged(v), "bytes": f.canonical(v).hex()} for v in VALUES], **row_goldens(ROWS)}


# Layout 2 of keys: public_key, rotation_days, next_rotation_at.
LAYOUT_2 = dict(KEY_ROW, public_key=None, rotation_days=90, next_rotation_at=1803297140918)
PAIR_ROW = dict(LAYOUT_2, spec="RSA_2048", usage="SIGN_VERIFY", public_key=drawn("spki", 294), rotation_days=None, next_rotation_at=None)


def layout_2_file():
    return row_goldens([("keys", 2, LAYOUT_2, 4), ("keys", 2, PAIR_ROW, 1)])


FULL = {
    "deployment": DEPLOYMENT, "node": "9f86d081", "nodeSequence": 41, "timeMs": 1795521140918, "requestId": "742e635477a27bed4ad191b22c299eb0",
    "signatureDigest": drawn("signature"), "dialect": "huawei", "operation": "import-key-material", "project": PROJECT,
    "principal": "5d41402abc4b2a76b9719d911017c592", "source": "127.0.0.1", "keyId": KEY_ID, "keyRevision": 3, "materialVersion": 1,
    "outcome": "ok", "contextDigest": drawn("context"),
    "changes": [["keys", KEY_ID, drawn("key row")], ["key_versions", f"{KEY_ID}/1", None]], "tries": 2, "count": 1, "detail": "päper",
}
BARE = dict(FULL, nodeSequence=42, signatureDigest=None, project=None, principal=None, source="::1", keyId=None, keyRevision=None,
            materialVersion=None, outcome="credentials-invalid", contextDigest=None, changes=[], tries=1, count=17, detail=None)


def leaf_file():
    leaves = [f.leaf_hash(f"leaf {i}".encode()) for i in range(1000)]
    sizes = [*range(18), 255, 256, 257, 1000]
    return {
        "records": [{"record": {k: tagged(v) for k, v in r.items()}, "leaf": f.leaf_bytes(r).hex(), "hash": f.leaf_hash(f.leaf_bytes(r)).hex()} for r in (FULL, BARE)],
        "leafInputs": "the ASCII text 'leaf ' and the decimal index from 0",
        "trees": [{"size": n, "root": f.tree_root(leaves[:n]).hex(), "frontier": [h.hex() for h in f.frontier(leaves[:n])]} for n in sizes],
    }


# As the server stored the second group, with Zstandard: the library of the second implementation has
# no compressor, and the bytes of another one would be as good.
LEAF_GROUP_COMPRESSED = (
    "0128b52ffd60040dcd0e00c61b66441073930e00d008c06fa384db64c687935f31914581ef180866cab18301a03574236849b382ecbd9fc1426405030c53bcc92664932d6ba54813a18de073a0caffb7"
    "b56d534c0054004800754e6955578e72ae68c806b4c0fc9806c73406f1856574e4ffcbb29c31bed7da5a29c5b039afcbb2a4acaa18bb21dcfc7fb8e36eeea8918649b5d3289d91a866f884fb1cf8ff4a"
    "fe6b2ebc3f589c7d412b93b9c2f1b685f5a46a5d1e551055ca1b35eab8104823f9ffb40ca2923e21ff5fa88047c52945090a242662cc30b5bc541c2a09171e4c5b0b881af1a991515c9bff196833a5f1"
    "c6689b36ae12673b632e1bf7fe3f4c06369e59cc98b52ea4e45529952b2ca968d949d5be34c3ac15fc7fcd811cc899b101fc7f915a7736eca698f6a4f69a355a796d8d50b6c4d686660ccf7b59ab4a5a"
    "051cea8189832e8754648442debbb3e003a789ba8cd2a1943701a6132c124cf0fc20b061870808a7921b244f4a8e15250657c544820d1c2f404030884a79d3fc7f99ff9af75f530101cb0ae985c70c31"
    "12c1808f149296a147078325804b101a2216eae8a4231600f2401529a03a29a0625240255240753b8b8c914d03d6bb5bf34e20f70cc92f1c00d893d182d107c0b269cc7a0c1bd817a799380ac79923b4"
    "d6307006"
)


def leaf_group_file():
    """Records as the store keeps them: each leaf after its length, plain or in a frame of Zstandard."""
    few = [b"\x01\x02\x03", b"", b"leaf"]
    many = [f.leaf_bytes(dict(FULL, nodeSequence=41 + i)) for i in range(6)]
    return {
        "groups": [
            {"log": "9f86d081", "firstIndex": 0, "leaves": [leaf.hex() for leaf in few], "stored": "00" + f.leaf_group_body(few).hex()},
            {"log": "9f86d081", "firstIndex": 40, "leaves": [leaf.hex() for leaf in many], "stored": LEAF_GROUP_COMPRESSED},
        ],
    }


# Layout 2 of ledgers: epoch. The tree over all logs, and what begins when an operator accepts something.
LEDGER_ROW = {"id": "9f86d081884c7d65", "node_sequence": 3, "tree_size": 3, "tree_root": drawn("root of a log"), "frontier": drawn("frontier of a log", 64),
              "time_floor": 1795521140918}


def log_head_file():
    """Heads as leaves of the tree over all logs, and the rows that belong to them."""
    heads = [
        {"deployment": DEPLOYMENT, "log": "9f86d081884c7d65", "treeSize": 3, "treeRoot": drawn("root of a log"), "epoch": 0},
        {"deployment": DEPLOYMENT, "log": "9f86d081884c7d65-5", "treeSize": 2**40, "treeRoot": drawn("another root of a log"), "epoch": 2},
    ]
    leaves = [f.head_leaf(head) for head in heads]
    epoch = {"id": DEPLOYMENT, "epoch": 2, "time_floor": 1795521140918, "clock_accepted": 2, "loss_accepted": 0, "lost": None}
    integrated = {"id": "9f86d081884c7d65", "tree_size": 3, "tree_root": drawn("root of a log"), "leaf_index": 7, "epoch": 2}
    lost = dict(epoch, lost="the log of node 9f86d081884c7d65 held 9 records and holds 3")
    return {
        "labels": {"log-head": b"holdfast/v1/log-head".hex()}, "purposes": {},
        "heads": [{"head": dict(head, treeRoot={"hex": head["treeRoot"].hex()}), "leaf": leaf.hex(), "hash": f.leaf_hash(leaf).hex()} for head, leaf in zip(heads, leaves)],
        **row_goldens([
            ("ledgers", 1, LEDGER_ROW, 1), ("ledgers", 2, dict(LEDGER_ROW, epoch=None), 1), ("ledgers", 2, dict(LEDGER_ROW, epoch=2), 4),
            ("integrated_heads", 1, integrated, 5), ("epochs", 1, epoch, 3), ("epochs", 1, lost, 2),
        ]),
    }


def labels_file():
    material, key = drawn("material 1"), drawn("association key")
    names = ["envelope", "association", "check-value", "row", "row-digest", "audit-record", "root-slot"]
    return {
        "labels": {n: f"holdfast/v1/{n}".encode().hex() for n in names},
        "rootSlotKeyFile": b"holdfast/v1/root-slot-key\n".hex(),
        "purposes": f.PURPOSES_1,
        "association": {"key": key.hex(), "keyId": KEY_ID, "spec": "AES_256", "material": material.hex(), "value": f.association(key, KEY_ID, "AES_256", material).hex()},
        "checkValue": {"keyId": KEY_ID, "spec": "AES_256", "material": material.hex(), "value": f.check_value(KEY_ID, "AES_256", material)},
    }


def stored_secrets_file():
    """Every stored secret under the context that the server binds it to, and the key that seals it."""
    token, key_version = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", ("version", "1")
    deployment, project = ("deployment", DEPLOYMENT), ("project", PROJECT)
    key, spec = ("key", KEY_ID), ("spec", "AES_256")
    # token ID, key ID, project ID, wrapping algorithm, expiry in milliseconds
    token_plain = bytes.fromhex(token + KEY_ID.replace("-", "") + PROJECT) + b"\x01" + (1795524740918).to_bytes(8, "big")
    secrets = [
        ("project key", "root", 16, [project], drawn("stored project key")),
        ("row-MAC key of the deployment", "root", 21, [], drawn("stored row-MAC key of the deployment")),
        ("association key", "project", 20, [project], drawn("stored association key")),
        ("row-MAC key of the project", "project", 21, [project], drawn("stored row-MAC key of the project")),
        ("material, made here", "project", 17, [project, key, key_version, spec, ("origin", "made-here")], drawn("stored material 1")),
        ("material, external", "project", 17, [project, key, key_version, spec, ("origin", "external")], drawn("stored material 2")),
        ("access-key secret", "project", 18, [project, ("access-key", "AKIDEXAMPLE0123456789")], b"0123456789abcdefghijABCDEFGHIJ0123456789"),
        ("wrapping private key", "project", 19, [project, key, ("token", token)], drawn("stored wrapping private key", 1218)),
        ("import token", "project", 22, [project], token_plain),
    ]
    rows = []
    for name, sealed_by, purpose, places, plaintext in secrets:
        id_text, version = {"root": (DEPLOYMENT, 3), "project": (PROJECT, 1)}[sealed_by]
        context = [deployment, ("purpose", str(purpose)), *places]
        material, salt = drawn(f"stored {sealed_by} key"), drawn(f"stored salt {name}")
        sealed = f.seal(material, 1, purpose, bytes.fromhex(id_text), version, salt, f.context_bytes(context), plaintext)
        rows.append({
            "name": name, "sealedBy": sealed_by, "suite": 1, "purpose": purpose, "keyId": id_text, "version": version,
            "material": material.hex(), "salt": salt.hex(), "context": context, "plaintext": plaintext.hex(), "sealed": sealed.hex(),
        })
    return rows


def auth_token_file():
    """A token for X-Auth-Token: user ID, revision of the user, issue and expiry in milliseconds, access key."""
    user, issued = "5d41402abc4b2a76b9719d911017c592", 1795524740918
    material, salt = drawn("stored project key"), drawn("salt of a token")
    context = [("deployment", DEPLOYMENT), ("purpose", "23"), ("project", PROJECT)]
    rows = []
    for access_key in ("", "AKIDEXAMPLE0123456789"):
        plain = bytes.fromhex(user) + f.u32(7) + issued.to_bytes(8, "big") + (issued + 86400000).to_bytes(8, "big") + access_key.encode()
        sealed = f.seal(material, 1, 23, bytes.fromhex(PROJECT), 1, salt, f.context_bytes(context), plain)
        rows.append({"userId": user, "userRevision": 7, "accessKeyId": access_key or None, "issuedAt": issued, "expiresAt": issued + 86400000,
                     "project": PROJECT, "deployment": DEPLOYMENT, "material": material.hex(), "salt": salt.hex(), "sealed": sealed.hex()})
    return {"purposes": {"auth token": 23}, "tokens": rows}


def session_token_file():
    """What a signed-in console holds: session ID and the time it was last seen; and the token that goes beside the cookie."""
    session, seen = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", 1795524740918
    material, salt = drawn("stored project key"), drawn("salt of a session token")
    context = [("deployment", DEPLOYMENT), ("purpose", "24"), ("project", PROJECT)]
    plain = bytes.fromhex(session) + seen.to_bytes(8, "big")
    sealed = f.seal(material, 1, 24, bytes.fromhex(PROJECT), 1, salt, f.context_bytes(context), plain)
    return {
        "purposes": {"session token": 24}, "labels": {"csrf": b"holdfast/v1/csrf".hex()},
        "tokens": [{"sessionId": session, "seenAt": seen, "project": PROJECT, "deployment": DEPLOYMENT, "material": material.hex(),
                    "salt": salt.hex(), "sealed": sealed.hex()}],
        "csrf": [{"sessionId": session, "token": hashlib.sha256(b"holdfast/v1/csrf\x00" + session.encode()).hexdigest()}],
    }


def sign_in_counts_file():
    """Names of counted sign-ins: who and where, under the deployment's row-MAC key."""
    key, label = drawn("row-MAC key"), "holdfast/v1/sign-in-count"
    named = [["user", PROJECT, "admin"], ["user", "", "p\xe4per"], ["block", "192.0.2.0/24"], ["block", "2001:db8:0:a::/64"], ["proven", "5d41402abc4b2a76b9719d911017c592"]]
    return {
        "rowMacKey": key.hex(), "labels": {"sign-in-count": label.encode().hex()}, "purposes": {},
        "digests": [{"parts": p, "digest": hmac.digest(key, f.canonical([label, *p]), "sha256").hex()[:40]} for p in named],
    }


# Layout 2 of users: sealed_password_hash.
PASSWORD_HASH = "$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
USER_ROW = {"id": "5d41402abc4b2a76b9719d911017c592", "project_id": PROJECT, "name": "admin", "password_hash": PASSWORD_HASH, "password_is_initial": 0,
            "role": "admin", "disabled": 0, "created_at": 1795521140918}


def password_hash_file():
    """A user before and after the hash was sealed, and the hash as it is sealed."""
    material, salt = drawn("stored project key"), drawn("salt of a password hash")
    context = [("deployment", DEPLOYMENT), ("purpose", "25"), ("project", PROJECT), ("user", USER_ROW["id"])]
    sealed = f.seal(material, 1, 25, bytes.fromhex(PROJECT), 1, salt, f.context_bytes(context), PASSWORD_HASH.encode())
    after = dict(USER_ROW, password_hash="", sealed_password_hash=sealed)
    return {
        "purposes": {"password hash": 25}, **row_goldens([("users", 1, USER_ROW, 1), ("users", 2, after, 2)]),
        "secrets": [{
            "name": "password hash", "sealedBy": "project", "suite": 1, "purpose": 25, "keyId": PROJECT, "version": 1, "material": material.hex(),
            "salt": salt.hex(), "context": context, "plaintext": PASSWORD_HASH.encode().hex(), "sealed": sealed.hex(),
        }],
    }


# Layout 3 of keys: drilled_at, drilled_by, backup_place, succeeds. Layout 2 of import_tokens: purpose.
LAYOUT_3 = dict(LAYOUT_2, drilled_at=1795524740918, drilled_by="5d41402abc4b2a76b9719d911017c592", backup_place="safe 7, päper", succeeds=None)
HEIR = dict(PAIR_ROW, drilled_at=None, drilled_by=None, backup_place=None, succeeds="2f1e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10")
TOKEN_ROW = {"id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "key_id": KEY_ID, "project_id": PROJECT, "wrapping_algorithm": "RSAES_OAEP_SHA_256",
             "sealed_private_key": drawn("w", 143), "consumed_by": None, "failed_attempts": 2, "created_at": 1795521140918, "expires_at": 1795607540918}
SESSION_ROW = {"id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "user_id": "5d41402abc4b2a76b9719d911017c592", "project_id": PROJECT, "source": "127.0.0.1",
               "agent": "a browser", "created_at": 1795521140918, "expires_at": 1795549940918}
DRAFT_ROW = {"id": KEY_ID, "project_id": PROJECT, "user_id": "5d41402abc4b2a76b9719d911017c592", "step": "expiry", "choices": '{"expiry":"never"}',
             "updated_at": 1795521140918}


def layout_3_file():
    return row_goldens([
        ("keys", 3, LAYOUT_3, 5), ("keys", 3, HEIR, 1), ("import_tokens", 1, TOKEN_ROW, 1), ("import_tokens", 2, dict(TOKEN_ROW, purpose="drill"), 1),
        ("import_tokens", 2, dict(TOKEN_ROW, purpose=None), 2), ("sessions", 1, SESSION_ROW, 1), ("import_drafts", 1, DRAFT_ROW, 3),
    ])


# Layout 1 of grants has the words of Huawei's API, layout 2 those of the domain.
GRANT_ROW = {"id": drawn("grant").hex(), "key_id": KEY_ID, "project_id": PROJECT, "name": "p/1", "grantee": "5d41402abc4b2a76b9719d911017c592",
             "grantee_type": "user", "operations": '["create-datakey","encrypt-data","get-publickey","verify-mac"]', "retiring": None, "issuing": "owner",
             "parent_id": None, "created_at": 1795521140918}
GRANT_ROW_2 = dict(GRANT_ROW, operations='["create-data-key","encrypt","get-public-key","verify-mac"]')


def grants_file():
    return row_goldens([("key_grants", 1, GRANT_ROW, 1), ("key_grants", 2, GRANT_ROW_2, 1)])


NODE_ROW = {"id": "9f86d081884c7d65", "version": "0.1.0", "address": "10.0.0.1:8400", "started_at": 1795521140918, "seen_at": 1795521170918, "stopped_at": None}
EPOCH_ROW = {"id": DEPLOYMENT, "epoch": 3, "time_floor": 1795521140918, "clock_accepted": 1, "loss_accepted": 2, "lost": None}


def levels_file():
    return row_goldens([
        ("nodes", 1, NODE_ROW, 1), ("nodes", 2, dict(NODE_ROW, level=1), 2), ("nodes", 2, dict(NODE_ROW, stopped_at=1795521180918, level=2), 3),
        ("epochs", 1, EPOCH_ROW, 3), ("epochs", 2, dict(EPOCH_ROW, level=2, level_held=1), 4), ("epochs", 2, dict(EPOCH_ROW, level=None, level_held=None), 5),
    ])


ORDERS = {
    "empty key and empty value": [("", "")],
    "the empty key is first": [("a", "1"), ("", "2")],
    "a shorter key before the keys that begin with it": [("ab", "3"), ("a", "1"), ("a\0", "2")],
    "bytes, not letters": [("b", "3"), ("B", "2"), ("_", "1"), ("\xe9", "4")],
    "equal to the eye, but two keys": [("e\u0301", "1"), ("\xe9", "2")],
    "order of bytes, where UTF-16 has another": [("\ue000", "1"), ("\U0001f600", "3"), ("\ufffd", "2"), ("\U0010ffff", "4")],
}
MATERIALS = [("AES_256", 32), ("AES_256", 32), ("SM4", 16), ("HMAC_512", 64)]


def edges_file():
    """What is easy to get wrong: order, refusals, and the values that tie a key to its material."""
    key, ties = drawn("association key"), []
    for n, (spec, size) in enumerate(MATERIALS):
        material, key_id = drawn(f"tied material {n}", size), KEY_ID if n == 0 else KEY_ID[:-1] + str(n)
        ties.append({
            "key": key.hex(), "keyId": key_id, "spec": spec, "material": material.hex(),
            "association": f.association(key, key_id, spec, material).hex(), "checkValue": f.check_value(key_id, spec, material),
        })
    high, low = "\ud83d", "\ude00"
    return {
        "contexts": [{"name": n, "pairs": p, "bytes": f.context_bytes(p).hex()} for n, p in ORDERS.items()],
        "refusedContexts": [
            {"name": "a lone high surrogate in a key", "pairs": [[high, "x"]]},
            {"name": "a lone low surrogate in a key", "pairs": [[low, "x"]]},
            {"name": "a lone high surrogate in a value", "pairs": [["x", "a" + high]]},
            {"name": "a lone low surrogate in a value", "pairs": [["x", low + "a"]]},
            {"name": "a pair the wrong way round", "pairs": [["x", low + high]]},
            {"name": "a key twice with one value", "pairs": [["a", "1"], ["b", "2"], ["a", "1"]]},
            {"name": "the empty key twice", "pairs": [["", "1"], ["", "2"]]},
            {"name": "8193 bytes in UTF-8, fewer in UTF-16", "pairs": [["k", "\xe9" * 4089 + "vv"]]},
        ],
        "refusedValues": [2**53, -(2**53), 0.5, high, low + high, ["x", [high]]],
        "ties": ties,
    }


SLOT_ID = "5d2f8a10-7b52-4d3e-9a64-0c5b8e2f7d10"
# RFC 9180 draws a fresh key pair for each sealing: made once with `cryptography`'s own HPKE, kept here.
SLOT_SEALED = (
    "4714149c4c55e615400da592f546956a82d92bee7c9b09d1b19e0006bd631354",
    "d1ec96dc3d2d23acdc19faa8e7733e9776bb0e3961cfc3e017bd060bc3e8acec279c07ad639c34b84fbcebacf47b14df",
)


def root_slot_file():
    passphrase, salt, cost = "correct horse battery st\xe4ple", drawn("slot salt", 16), {"memoryKib": 1024, "passes": 3, "lanes": 4}
    stretched = root_slot.argon2id(passphrase.encode(), salt, *cost.values())
    ikm = hashlib.sha256(b"argon2 output").digest()
    private, (encapsulated, sealed) = root_slot.derive_private_key(ikm), map(bytes.fromhex, SLOT_SEALED)
    infos = [(DEPLOYMENT, SLOT_ID, "file", 1), (DEPLOYMENT, SLOT_ID, "passphrase", 2)]
    return {
        "infos": [{"deployment": d, "slot": s, "kind": k, "generation": g, "info": root_slot.slot_info(d, s, k, g).hex()} for d, s, k, g in infos],
        "keyFile": {"privateKey": private.hex(), "publicKey": root_slot.public_key(private).hex(), "file": root_slot.key_file(private).hex()},
        "passphrase": {
            "passphrase": passphrase, "salt": salt.hex(), **cost, "stretched": stretched.hex(),
            "privateKey": root_slot.derive_private_key(stretched).hex(), "publicKey": root_slot.public_key(root_slot.derive_private_key(stretched)).hex(),
        },
        "sealed": {
            "info": root_slot.slot_info(*infos[0]).hex(), "privateKey": private.hex(), "encapsulatedKey": encapsulated.hex(), "sealedRoot": sealed.hex(),
            "rootKey": root_slot.open_slot(private, encapsulated, sealed, root_slot.slot_info(*infos[0])).hex(),
        },
    }


FILES = {
    "envelope.json": envelope_file, "envelope-suite-3.json": envelope_suite_3_file, "envelope-refused.json": envelope_refused_file, "context.json": context_file, "canonical.json": canonical_file, "audit-leaf.json": leaf_file, "leaf-group.json": leaf_group_file, "labels.json": labels_file,
    "rows-layout-2.json": layout_2_file, "rows-layout-3.json": layout_3_file, "grants.json": grants_file, "levels.json": levels_file, "auth-token.json": auth_token_file,
    "session-token.json": session_token_file, "stored-secrets.json": stored_secrets_file, "edges.json": edges_file, "root-slot.json": root_slot_file,
    "sign-in-counts.json": sign_in_counts_file, "password-hash.json": password_hash_file, "log-head.json": log_head_file,
}


def main(check):
    changed = []
    for name, make in FILES.items():
        path, text = HERE / name, json.dumps(make(), indent=1, ensure_ascii=True) + "\n"
        if not path.exists() and not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            changed.append(name)
    if changed:
        sys.exit(f"golden files never change; these would, or are missing: {', '.join(changed)}")


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit("usage: generate.py [--check]")
    main("--check" in sys.argv)
