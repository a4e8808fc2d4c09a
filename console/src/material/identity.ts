/**
 * How owners recognise material: its check value (docs/ciphertext-format.md), or the fingerprint of
 * its public key.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import type { PrivateKey } from '../../../src/custody/material/private-key.ts'
import { checkValueBytes, checkValueInput } from '../../../src/domain/material/check-value.ts'
import { Wiped } from '../../../src/domain/material/wiped.ts'
import type { Target } from './protocol.ts'

/** 16 hexadecimal digits. @param material left unchanged. */
export function checkValueOf({ keyId, spec }: Target, material: Uint8Array): string {
  using input = Wiped.of(checkValueInput(keyId, spec, material))
  return sha256(input.bytes).subarray(0, checkValueBytes).toHex()
}

/** SHA-256 of the SubjectPublicKeyInfo. */
export function fingerprintOf({ spki }: PrivateKey): string {
  return sha256(spki).toHex()
}
