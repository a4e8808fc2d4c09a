/** How material travels to an import: RSAES-OAEP with SHA-256 for both hashes (RFC 8017), under a key pair made for one token. */
import { constants, createPrivateKey, type KeyObject, privateDecrypt } from 'node:crypto'
import type { Secret } from './secret.ts'

/**
 * Opens wrapped material. @returns fresh bytes that the caller wipes; undefined for every cause of failure alike, since telling
 * them apart would let a stranger decrypt by trial (Manger's attack).
 */
export function unwrapMaterial(privateKey: KeyObject, wrapped: Uint8Array): Uint8Array | undefined {
  if (wrapped.length !== (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8) return undefined
  try {
    const opened = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, wrapped)
    const material = new Uint8Array(opened)
    opened.fill(0)
    return material
  } catch {
    return undefined
  }
}

/** PKCS#8 of a wrapping key, to be sealed and then wiped by the caller. */
export function exportCleartextPrivateKey(privateKey: KeyObject): Uint8Array {
  return privateKey.export({ format: 'der', type: 'pkcs8' })
}

export function importPrivateKey(pkcs8: Secret): KeyObject {
  return pkcs8.use((bytes) =>
    createPrivateKey({ key: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), format: 'der', type: 'pkcs8' }),
  )
}
