/**
 * RSAES-OAEP with SHA-256 for both hashes (RFC 8017): how material travels to an import, and what
 * RSA keys encrypt with.
 */
import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { secretCopy } from '../../domain/material/secret-bytes.ts'

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const

/** @param plaintext at most the length of the modulus less 66 bytes; left unchanged. */
export function encryptOaep(publicKey: KeyObject, plaintext: Uint8Array): Uint8Array {
  return publicEncrypt({ key: publicKey, ...oaep }, plaintext)
}

/**
 * @returns fresh bytes in memory of their own that the caller wipes; undefined for every cause of
 * failure alike, since telling them apart would let a stranger decrypt by trial (Manger's attack).
 */
export function decryptOaep(privateKey: KeyObject, ciphertext: Uint8Array): Uint8Array | undefined {
  if (ciphertext.length !== (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    return undefined
  try {
    const opened = privateDecrypt({ key: privateKey, ...oaep }, ciphertext)
    const plaintext = secretCopy(opened)
    opened.fill(0)
    return plaintext
  } catch {
    return undefined
  }
}
