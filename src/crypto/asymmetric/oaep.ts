/**
 * RSAES-OAEP with SHA-256 for both hashes (RFC 8017): how material is wrapped for an import, and
 * how RSA keys encrypt.
 */
import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto'
import { secretCopy } from '../../domain/material/secret-bytes.ts'
import { Wiped } from '../../domain/material/wiped.ts'

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const

/** @param plaintext at most the length of the modulus less 66 bytes; left unchanged. */
export function encryptOaep(publicKey: KeyObject, plaintext: Uint8Array): Uint8Array {
  return publicEncrypt({ key: publicKey, ...oaep }, plaintext)
}

/**
 * @returns fresh bytes in memory of their own that the caller wipes; undefined for every failure,
 * since distinguishing them would enable a decryption oracle (Manger's attack).
 */
export function decryptOaep(privateKey: KeyObject, ciphertext: Uint8Array): Uint8Array | undefined {
  if (ciphertext.length !== (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    return undefined
  try {
    using opened = Wiped.of(privateDecrypt({ key: privateKey, ...oaep }, ciphertext))
    return secretCopy(opened.bytes)
  } catch {
    return undefined
  }
}
