/**
 * Material under the wrapping key of one import: RSAES-OAEP with SHA-256; a private key with
 * AES-KWP (RFC 5649) under a key of its own.
 */
import { aeskwp } from '@noble/ciphers/aes.js'
import { Wiped } from '../../../src/domain/material/wiped.ts'
import type { Wrapped } from './protocol.ts'

const temporaryKeyBytes = 32

/** @param publicKey DER SubjectPublicKeyInfo, base64. @param material left unchanged. */
export async function wrapMaterial(
  publicKey: string,
  material: Uint8Array,
  isPrivateKey: boolean,
): Promise<Wrapped> {
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey(
    'spki',
    Uint8Array.fromBase64(publicKey),
    algorithm,
    false,
    ['encrypt'],
  )
  const underKey = async (bytes: Uint8Array): Promise<string> =>
    new Uint8Array(
      await crypto.subtle.encrypt('RSA-OAEP', key, bytes as Uint8Array<ArrayBuffer>),
    ).toBase64()
  if (!isPrivateKey) return { wrappedMaterial: await underKey(material), wrappedPrivateKey: null }
  using temporaryKey = Wiped.of(crypto.getRandomValues(new Uint8Array(temporaryKeyBytes)))
  const wrappedPrivateKey = aeskwp(temporaryKey.bytes).encrypt(material).toBase64()
  return { wrappedMaterial: await underKey(temporaryKey.bytes), wrappedPrivateKey }
}
