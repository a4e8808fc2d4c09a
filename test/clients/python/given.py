"""What the rows are about: keys in each state, material and its wrapping, values that fit."""

import base64
import hashlib
import os
import subprocess
import tempfile

UNKNOWN = "00000000-0000-4000-8000-000000000000"
KEY_SPACE = "3f2a1b4c-0000-4000-8000-000000000001"
USER = "0d0466b00d0466b00d0466b00d0466b0"
DIGEST = base64.b64encode(hashlib.sha256(b"4711 anvils").digest()).decode()
MESSAGE = base64.b64encode(b"4711 anvils").decode()
PLAIN_KEY = bytes(range(64))
MATERIAL = os.urandom(32)
EC = {"message": DIGEST, "signing_algorithm": "ECDSA_SHA_256"}
MAC = {"mac_algorithm": "HMAC_SHA_256", "message": MESSAGE}
OAEP = {"wrapping_algorithm": "RSAES_OAEP_SHA_256"}


def prepare(s):
    """Keys of each kind and state."""

    def key(alias, **fields):
        return s.call("create_key", key_alias=alias, **fields).key_info.key_id

    s.key = key
    s.aes, s.other, s.disabled, s.going = (key(alias) for alias in ("aes", "other", "disabled", "going"))
    s.external = key("external", origin="external")
    s.mac = key("mac", key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")
    s.pair = key("pair", key_spec="EC_P256", key_usage="SIGN_VERIFY")
    s.call("disable_key", key_id=s.disabled)


def wrap(public_key, material):
    """RSAES-OAEP with SHA-256, as an owner would do it."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(base64.b64decode(public_key))
        file.flush()
        options = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"]
        command = ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", file.name]
        command += [word for option in options for word in ("-pkeyopt", option)]
        return base64.b64encode(subprocess.run(command, input=material, capture_output=True, check=True).stdout).decode()


def keep(s, **names):
    """Makes a check that fields of the answer are there; it keeps them under the given names."""

    def check(answer):
        for name, field in names.items():
            setattr(s, name, getattr(answer, field))
        return all(getattr(s, name) for name in names)

    return check


def agreement(s, alias):
    """A key for key agreement, and its public key in the form in which derive-shared-secret takes one."""
    key = s.key(alias, key_spec="EC_P256", key_usage="KEY_AGREEMENT")
    pem = s.call("show_public_key", key_id=key).public_key.split("-----")
    return key, pem[2].replace("\n", "") if len(pem) > 1 else pem[0]


def derive(s):
    (s.mine, mine), (theirs, public) = agreement(s, "mine"), agreement(s, "theirs")
    s.secret = s.call("derive_shared_secret", key_id=theirs, key_agreement_algorithm="ECDH", public_key=mine).shared_secret
    return {"key_id": s.mine, "key_agreement_algorithm": "ECDH", "public_key": public}


def imported(s):
    parameters = s.call("create_parameters_for_import", key_id=s.external, **OAEP)
    return {
        "key_id": s.external,
        "import_token": parameters.import_token,
        "encrypted_key_material": wrap(parameters.public_key, MATERIAL),
    }


def damaged(ciphertext):
    return ciphertext[:-8] + ("AAAAAAAA" if ciphertext[-8:] != "AAAAAAAA" else "BBBBBBBB")
