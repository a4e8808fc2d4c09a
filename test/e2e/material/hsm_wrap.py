"""Keys made in a PKCS#11 token and wrapped by C_WrapKey, as an HSM hands them over. Python's own ctypes and nothing else.

Arguments: library, PIN. Standard input: JSON {"temporary_key": hex, "keys": [{"name", "kind", ...}]}. Standard output: JSON, for each name
the wrapped bytes in hex by mechanism, or the return value of C_WrapKey where it refused. Kinds: secret (bytes), rsa (bits), ec (params, hex
of DER), ed (params). The keys are sensitive: nothing but what is wrapped leaves the token.
"""

import ctypes
import json
import sys
from ctypes import byref, c_byte, c_ubyte, c_ulong, c_void_p

CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_VALUE, CKA_KEY_TYPE = 0x0, 0x1, 0x2, 0x11, 0x100
CKA_SENSITIVE, CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_SIGN, CKA_VERIFY = 0x103, 0x104, 0x105, 0x106, 0x108, 0x10A
CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT, CKA_VALUE_LEN, CKA_EXTRACTABLE, CKA_EC_PARAMS = 0x121, 0x122, 0x161, 0x162, 0x180
CKO_SECRET_KEY, CKK_AES = 4, 0x1F
CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_EC_KEY_PAIR_GEN, CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x0, 0x1040, 0x1055
CKM_GENERIC_SECRET_KEY_GEN = 0x350
WRAPS = {"CKM_AES_KEY_WRAP": 0x2109, "CKM_AES_KEY_WRAP_PAD": 0x210A}
CKF_SERIAL_SESSION, CKF_RW_SESSION, CKU_USER = 4, 2, 1


class Attribute(ctypes.Structure):
    _fields_ = [("type", c_ulong), ("value", c_void_p), ("length", c_ulong)]


class Mechanism(ctypes.Structure):
    _fields_ = [("mechanism", c_ulong), ("parameter", c_void_p), ("length", c_ulong)]


def template(**values):
    """Attributes by their names; it also keeps alive what they point at."""
    array = (Attribute * len(values))()
    kept = []
    for attribute, (name, value) in zip(array, values.items()):
        if isinstance(value, bool):
            held = c_ubyte(value)
        elif isinstance(value, int):
            held = c_ulong(value)
        else:
            held = (c_ubyte * len(value))(*value)
        kept.append(held)
        attribute.type = globals()[name]
        attribute.value = ctypes.addressof(held)
        attribute.length = ctypes.sizeof(held)
    array.kept = kept
    return array


def mechanism(kind):
    return byref(Mechanism(kind, None, 0))


class Token:
    def __init__(self, library, pin):
        self.library = ctypes.CDLL(library)
        self.call("C_Initialize", None)
        count = c_ulong(16)
        slots = (c_ulong * 16)()
        self.call("C_GetSlotList", c_byte(1), slots, byref(count))
        self.session = c_ulong()
        self.call("C_OpenSession", c_ulong(slots[0]), c_ulong(CKF_SERIAL_SESSION | CKF_RW_SESSION), None, None, byref(self.session))
        self.call("C_Login", self.session, c_ulong(CKU_USER), pin.encode(), c_ulong(len(pin)))

    def ask(self, name, *arguments):
        function = getattr(self.library, name)
        function.restype = c_ulong
        return function(*arguments)

    def call(self, name, *arguments):
        answer = self.ask(name, *arguments)
        if answer != 0:
            raise SystemExit(f"{name}: 0x{answer:x}")

    def temporary(self, value):
        handle = c_ulong()
        attributes = template(
            CKA_CLASS=CKO_SECRET_KEY, CKA_KEY_TYPE=CKK_AES, CKA_TOKEN=False, CKA_PRIVATE=True, CKA_WRAP=True, CKA_VALUE=value
        )
        self.call("C_CreateObject", self.session, attributes, c_ulong(len(attributes)), byref(handle))
        return handle

    def secret(self, size):
        handle = c_ulong()
        attributes = template(
            CKA_TOKEN=False, CKA_PRIVATE=True, CKA_SENSITIVE=True, CKA_EXTRACTABLE=True, CKA_SIGN=True, CKA_VALUE_LEN=size
        )
        self.call("C_GenerateKey", self.session, mechanism(CKM_GENERIC_SECRET_KEY_GEN), attributes, c_ulong(len(attributes)), byref(handle))
        return handle

    def pair(self, kind, **public):
        handles = (c_ulong(), c_ulong())
        open_half = template(CKA_TOKEN=False, CKA_VERIFY=True, **public)
        private = template(CKA_TOKEN=False, CKA_PRIVATE=True, CKA_SENSITIVE=True, CKA_EXTRACTABLE=True, CKA_SIGN=True)
        self.call(
            "C_GenerateKeyPair",
            self.session,
            mechanism(kind),
            open_half,
            c_ulong(len(open_half)),
            private,
            c_ulong(len(private)),
            byref(handles[0]),
            byref(handles[1]),
        )
        return handles[1]

    def made(self, key):
        if key["kind"] == "secret":
            return self.secret(key["bytes"])
        if key["kind"] == "rsa":
            return self.pair(CKM_RSA_PKCS_KEY_PAIR_GEN, CKA_MODULUS_BITS=key["bits"], CKA_PUBLIC_EXPONENT=b"\x01\x00\x01")
        kind = CKM_EC_KEY_PAIR_GEN if key["kind"] == "ec" else CKM_EC_EDWARDS_KEY_PAIR_GEN
        return self.pair(kind, CKA_EC_PARAMS=bytes.fromhex(key["params"]))

    def wrapped(self, kind, wrapping, key):
        size = c_ulong(16_384)
        room = (c_ubyte * size.value)()
        answer = self.ask("C_WrapKey", self.session, mechanism(kind), wrapping, key, room, byref(size))
        return {"bytes": bytes(room[: size.value]).hex()} if answer == 0 else {"refused": f"0x{answer:x}"}


def main():
    library, pin = sys.argv[1:]
    asked = json.load(sys.stdin)
    token = Token(library, pin)
    wrapping = token.temporary(bytes.fromhex(asked["temporary_key"]))
    answer = {}
    for key in asked["keys"]:
        handle = token.made(key)
        answer[key["name"]] = {name: token.wrapped(kind, wrapping, handle) for name, kind in WRAPS.items()}
    json.dump(answer, sys.stdout)


main()
