"""Root slots, read a second time: HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and AES-256-GCM, written out from the RFC.

Only opening is here: sealing draws a fresh key pair, so a golden file cannot repeat it. Argon2id needs `cryptography` 44 or later.
"""

from hmac import new as stdlib_hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from holdfast_format import canonical

KEM = b"KEM\x00\x20"
HPKE = b"HPKE\x00\x20\x00\x01\x00\x02"


def slot_info(deployment, slot_id, kind, generation):
    return canonical(["holdfast/v1/root-slot", deployment, slot_id, kind, generation])


def key_file(private_key):
    return b"holdfast/v1/root-slot-key\n" + private_key


def public_key(private_key):
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def open_slot(private_key, encapsulated_key, sealed_root, info):
    """RFC 9180: Decap (4.1), KeySchedule (5.1), then message 0, whose nonce is the base nonce. InvalidTag when it does not open."""
    shared = X25519PrivateKey.from_private_bytes(private_key).exchange(X25519PublicKey.from_public_bytes(encapsulated_key))
    kem_context = encapsulated_key + public_key(private_key)
    shared_secret = _expand(KEM, _extract(KEM, b"", b"eae_prk", shared), b"shared_secret", kem_context, 32)
    context = b"\x00" + _extract(HPKE, b"", b"psk_id_hash", b"") + _extract(HPKE, b"", b"info_hash", info)
    secret = _extract(HPKE, shared_secret, b"secret", b"")
    key, nonce = _expand(HPKE, secret, b"key", context, 32), _expand(HPKE, secret, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed_root, b"")


def derive_private_key(ikm):
    """DeriveKeyPair for X25519 (RFC 9180 section 7.1.3)."""
    return _expand(KEM, _extract(KEM, b"", b"dkp_prk", ikm), b"sk", b"", 32)


def argon2id(passphrase, salt, memory_kib, passes, lanes):
    """RFC 9106, version 0x13, 32 bytes out, no secret and no associated data."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    return Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib).derive(passphrase)


def _extract(suite, salt, label, ikm):
    return stdlib_hmac(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256").digest()


def _expand(suite, prk, label, info, size):
    """At most 32 bytes: one block of HKDF-Expand."""
    return stdlib_hmac(prk, size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info + b"\x01", "sha256").digest()[:size]
