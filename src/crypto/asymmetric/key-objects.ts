/** Converts private and public keys between stored bytes and the objects that OpenSSL uses. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Secret } from '../secret.ts'

/** PKCS#8 of a private key, to be sealed and then wiped by the caller. */
export function exportPrivateKey(privateKey: KeyObject): Uint8Array {
  return privateKey.export({ format: 'der', type: 'pkcs8' })
}

/** @throws Error for anything that is not PKCS#8. */
export function importPrivateKey(pkcs8: Secret): KeyObject {
  return pkcs8.use((bytes) =>
    createPrivateKey({
      key: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      format: 'der',
      type: 'pkcs8',
    }),
  )
}

/** @param spki DER SubjectPublicKeyInfo. */
export function importPublicKey(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
}
