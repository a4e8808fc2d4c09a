"""Second, independent reading of Holdfast's formats: Python's standard library and `cryptography` only.

Written from docs/ciphertext-format.md, not from the TypeScript. What both agree on is the format.
"""

import hashlib
import struct
from hmac import compare_digest
from hmac import new as stdlib_hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as c_hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

HEADER = 87
DERIVED_FROM = 55
TAG = 16
ZERO_IV = bytes(12)
CONTEXT_LIMIT = 8192
PURPOSES_1 = {
    "data": 1, "data key": 2, "data-key pair": 3,
    "project key": 16, "material": 17, "access-key secret": 18, "wrapping private key": 19,
    "association key": 20, "row-MAC key": 21, "import token": 22,
}
PURPOSES = {**PURPOSES_1, "auth token": 23, "session token": 24, "password hash": 25}


class Invalid(Exception):
    """The one error for everything that keeps an envelope from opening."""


def u32(value):
    return struct.pack(">I", value)


def utf8(text):
    return text.encode("utf-8", "strict")  # strict refuses lone surrogates


def context_bytes(pairs):
    """Injective bytes of an encryption context, pairs sorted by the UTF-8 bytes of the key."""
    encoded = sorted((utf8(key), utf8(value)) for key, value in pairs)
    if len({key for key, _ in encoded}) != len(encoded):
        raise ValueError("a key stands twice")
    out = u32(len(encoded)) + b"".join(u32(len(part)) + part for pair in encoded for part in pair)
    if len(out) > CONTEXT_LIMIT:
        raise ValueError("too long")
    return out


def _sm3(data):
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _hmac_sm3(key, data):
    mac = c_hmac.HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()


# Suite 2 was never used: docs/ciphertext-format.md.
SUITES = {
    1: dict(key=32, bits=512, iv=0, material=32, hash=lambda d: hashlib.sha512(d).digest(),
            prf=lambda k, d: stdlib_hmac(k, d, "sha512").digest(), cipher=algorithms.AES),
    3: dict(key=16, bits=480, iv=12, material=16, hash=_sm3, prf=_hmac_sm3, cipher=algorithms.SM4),
}


def _derive(suite, material, header55, context):
    """SP 800-108r1, counter mode. Returns encryption key, commitment and IV."""
    fixed = b"holdfast/v1/envelope\x00" + header55 + suite["hash"](context) + u32(suite["bits"])
    stream, i = b"", 1
    while len(stream) * 8 < suite["bits"]:
        stream += suite["prf"](material, u32(i) + fixed)
        i += 1
    key, commitment, iv = stream[: suite["key"]], stream[suite["key"]: suite["key"] + 32], stream[suite["key"] + 32:]
    return key, commitment, iv[: suite["iv"]] or ZERO_IV


def seal(material, suite_number, purpose, key_id, version, salt, context, plaintext, turn_bit=None):
    """`context` is already encoded. Returns header, ciphertext and tag.

    `turn_bit` turns one bit of the commitment before the tag is made: such an envelope is valid except for its commitment.
    """
    suite = SUITES[suite_number]
    if purpose not in PURPOSES.values() or len(material) != suite["material"] or len(key_id) != 16 or len(salt) != 32:
        raise ValueError("purpose, material, key ID or salt is not as the format says")
    head = bytes([1, suite_number, purpose]) + key_id + u32(version) + salt
    key, commitment, iv = _derive(suite, material, head, context)
    if turn_bit is not None:
        turned = bytearray(commitment)
        turned[turn_bit >> 3] ^= 1 << (turn_bit & 7)
        commitment = bytes(turned)
    head += commitment
    encryptor = Cipher(suite["cipher"](key), modes.GCM(iv)).encryptor()
    encryptor.authenticate_additional_data(head + context)
    body = encryptor.update(plaintext) + encryptor.finalize()
    return head + body + encryptor.tag


def open_envelope(material, purpose, key_id, version, context, sealed):
    """Raises Invalid for every cause alike."""
    if len(sealed) < HEADER + TAG or sealed[0] != 1 or sealed[1] not in SUITES:
        raise Invalid
    suite = SUITES[sealed[1]]
    if sealed[2] != purpose or sealed[2] not in PURPOSES.values() or sealed[3:19] != key_id:
        raise Invalid
    if sealed[19:23] != u32(version) or len(material) != suite["material"]:
        raise Invalid
    key, commitment, iv = _derive(suite, material, sealed[:DERIVED_FROM], context)
    if not compare_digest(commitment, sealed[DERIVED_FROM:HEADER]):
        raise Invalid
    decryptor = Cipher(suite["cipher"](key), modes.GCM(iv, sealed[-TAG:])).decryptor()
    decryptor.authenticate_additional_data(sealed[:HEADER] + context)
    try:
        return decryptor.update(sealed[HEADER:-TAG]) + decryptor.finalize()
    except InvalidTag:
        raise Invalid from None


def canonical(value):
    """The canonical encoding: None, int (booleans are 0 and 1), str, bytes, list. ValueError for anything else."""
    if value is None:
        return b"\x00"
    if isinstance(value, int):
        if not -(2**53) < value < 2**53:
            raise ValueError("an integer that JavaScript cannot hold exactly")
        return b"\x01" + struct.pack(">q", value)
    if isinstance(value, str):
        return b"\x02" + u32(len(utf8(value))) + utf8(value)
    if isinstance(value, bytes):
        return b"\x03" + u32(len(value)) + value
    if not isinstance(value, (list, tuple)):
        raise ValueError("neither null, integer, text, bytes nor list")
    return b"\x04" + u32(len(value)) + b"".join(map(canonical, value))


def row_bytes(label, table, schema_version, columns, revision):
    """`columns` without mac, revision and schema_version."""
    ordered = sorted(columns.items(), key=lambda item: utf8(item[0]))
    return canonical([label, table, schema_version, [list(pair) for pair in ordered], revision])


def row_mac(key, *row):
    return stdlib_hmac(key, row_bytes("holdfast/v1/row", *row), "sha256").digest()


def row_digest(*row):
    return hashlib.sha256(row_bytes("holdfast/v1/row-digest", *row)).digest()


LEAF_FIELDS = [
    "deployment", "node", "nodeSequence", "timeMs", "requestId", "signatureDigest", "dialect", "operation", "project", "principal",
    "source", "keyId", "keyRevision", "materialVersion", "outcome", "contextDigest", "changes", "tries", "count", "detail",
]


def leaf_bytes(record):
    return canonical(["holdfast/v1/audit-record"] + [record[field] for field in LEAF_FIELDS])


def head_leaf(head):
    """A log's head as a leaf of the tree over all logs."""
    return canonical(["holdfast/v1/log-head"] + [head[field] for field in ("deployment", "log", "treeSize", "treeRoot", "epoch")])


def leaf_group_body(leaves):
    """What a store keeps of consecutive leaves, before it is compressed."""
    return b"".join(len(leaf).to_bytes(4, "big") + leaf for leaf in leaves)


def leaf_hash(leaf):
    return hashlib.sha256(b"\x00" + leaf).digest()


def tree_root(leaves):
    """RFC 6962 section 2.1, as the recursion that it is."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


def frontier(leaves):
    """Roots of the perfect subtrees of the tree, largest first."""
    out, at = [], 0
    for bit in reversed(range(len(leaves).bit_length())):
        if len(leaves) >> bit & 1:
            out.append(tree_root(leaves[at: at + (1 << bit)]))
            at += 1 << bit
    return out


def association(key, key_id, spec, material):
    return stdlib_hmac(key, b"holdfast/v1/association\x00" + utf8(key_id) + utf8(spec) + b"\x00" + material, "sha256").digest()


def check_value(key_id, spec, material):
    return hashlib.sha256(b"holdfast/v1/check-value\x00" + utf8(key_id) + utf8(spec) + b"\x00" + material).digest()[:8].hex()
