/**
 * What binds a key permanently to its first material, and what owners compare with their backup.
 * Layout: docs/ciphertext-format.md.
 */
import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { checkValueBytes, checkValueInput } from '../../domain/material/check-value.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { labels } from './labels.ts'

const zero = new Uint8Array(1)

/** HMAC-SHA-256 of key ID, spec and material: kept when the material is erased, never shown. */
export function association(
  associationKey: KeyObject,
  keyId: string,
  spec: string,
  material: Uint8Array,
): Uint8Array {
  const mac = createHmac('sha256', associationKey)
  return mac
    .update(labels.association)
    .update(zero)
    .update(keyId)
    .update(spec)
    .update(zero)
    .update(material)
    .digest()
}

/**
 * SHA-256 of the SubjectPublicKeyInfo: binds an asymmetric key to its private key, and is the same
 * wherever that is held.
 */
export function publicKeyAssociation(spki: Uint8Array): Uint8Array {
  return hash('sha256', spki, 'buffer')
}

/** Constant-time comparison of a stored association with that of given material. */
export function associationMatches(kept: Uint8Array, found: Uint8Array): boolean {
  return kept.length === found.length && timingSafeEqual(kept, found)
}

/**
 * First 8 bytes of a digest, as 16 hexadecimal digits: shown with the key, so that an owner can
 * recognise the backup.
 */
export function checkValue(keyId: string, spec: string, material: Uint8Array): string {
  using input = Wiped.of(checkValueInput(keyId, spec, material))
  return hash('sha256', input.bytes, 'buffer').toString('hex', 0, checkValueBytes)
}
