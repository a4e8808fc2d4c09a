/** AES key wrap with padding (RFC 5649): how private keys travel to an import. */
import { createCipheriv, createDecipheriv } from 'node:crypto'

const ciphers: Readonly<Record<number, string>> = { 16: 'id-aes128-wrap-pad', 32: 'id-aes256-wrap-pad' }
/** RFC 5649 section 3. */
const initialValue = Uint8Array.fromHex('a65959a6')
const blockBytes = 8

/** Whether bytes can be the key of a wrap: 16 or 32. */
export function isWrappingKey(key: Uint8Array): boolean {
  return Object.hasOwn(ciphers, key.length)
}

/** @param key 16 or 32 bytes, left unchanged like `plaintext`. */
export function wrapPadded(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(ciphers[key.length] as string, key, initialValue)
  const wrapped = cipher.update(plaintext)
  return Buffer.concat([wrapped, cipher.final()])
}

/** @returns fresh bytes in memory of their own that the caller wipes; undefined for every cause of failure alike. */
export function unwrapPadded(key: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  const cipher = ciphers[key.length]
  if (cipher === undefined || wrapped.length < 2 * blockBytes || wrapped.length % blockBytes !== 0) return undefined
  try {
    const decipher = createDecipheriv(cipher, key, initialValue)
    const opened = decipher.update(wrapped)
    decipher.final()
    const plaintext = new Uint8Array(opened)
    opened.fill(0)
    return plaintext
  } catch {
    return undefined
  }
}
