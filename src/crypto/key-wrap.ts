/**
 * Key wrap with padding (RFC 5649) over AES or SM4, and without (RFC 3394) over AES: how private
 * keys are wrapped for an import.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { secretBytes, secretCopy } from '../domain/material/secret-bytes.ts'
import { Wiped } from '../domain/material/wiped.ts'
import type { KeyWrapCipher } from '../domain/material/wrapping-algorithms.ts'

const ciphers: Readonly<Record<number, string>> = {
  16: 'id-aes128-wrap-pad',
  32: 'id-aes256-wrap-pad',
}
const plainCiphers: Readonly<Record<number, string>> = {
  16: 'id-aes128-wrap',
  32: 'id-aes256-wrap',
}
/** RFC 5649 section 3. */
const initialValue = Uint8Array.fromHex('a65959a6')
/** RFC 3394 section 2.2.3.1. */
const plainInitialValue = Uint8Array.fromHex('a6a6a6a6a6a6a6a6')
const blockBytes = 8

/** @param key 16 or 32 bytes, left unchanged like `plaintext`. */
export function wrapPadded(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv(ciphers[key.length] as string, key, initialValue)
  const wrapped = cipher.update(plaintext)
  return Buffer.concat([wrapped, cipher.final()])
}

/**
 * @param key for AES 16 or 32 bytes, for SM4 16.
 * @returns fresh bytes in memory of their own that the caller wipes; undefined for every failure.
 */
export function unwrapPadded(
  cipher: KeyWrapCipher,
  key: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  if (wrapped.length < 2 * blockBytes || wrapped.length % blockBytes !== 0) return undefined
  if (cipher === 'sm4') return key.length === 16 ? unwrapOver('sm4-ecb', key, wrapped) : undefined
  return unwrapAes(ciphers[key.length], initialValue, key, wrapped)
}

/**
 * Unwraps what HSMs produce: with padding, or over AES without it (CKM_AES_KEY_WRAP), where the HSM
 * pads a private key with zeros itself. The two 64-bit initial values distinguish them.
 * @returns as `unwrapPadded`.
 */
export function unwrapKey(
  cipher: KeyWrapCipher,
  key: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  const padded = unwrapPadded(cipher, key, wrapped)
  if (
    padded !== undefined ||
    cipher === 'sm4' ||
    wrapped.length < 3 * blockBytes ||
    wrapped.length % blockBytes !== 0
  )
    return padded
  return unwrapAes(plainCiphers[key.length], plainInitialValue, key, wrapped)
}

function unwrapAes(
  name: string | undefined,
  initial: Uint8Array,
  key: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  if (name === undefined) return undefined
  try {
    const decipher = createDecipheriv(name, key, initial)
    using opened = Wiped.of(decipher.update(wrapped))
    decipher.final()
    return secretCopy(opened.bytes)
  } catch {
    return undefined
  }
}

/**
 * The same over any cipher with 16-byte blocks: OpenSSL has RFC 5649 for AES only.
 * @param blockCipher name of its ECB mode.
 * @param wrapped at least 16 bytes, a multiple of 8.
 */
export function unwrapOver(
  blockCipher: string,
  key: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  const cipher = createDecipheriv(blockCipher, key, null).setAutoPadding(false)
  using unwrapped = Wiped.of(secretCopy(wrapped))
  using decrypting = Wiped.of(secretBytes(2 * blockBytes))
  const [work, block] = [unwrapped.bytes, decrypting.bytes]
  const count = wrapped.length / blockBytes - 1
  const decrypt = (): void => {
    using decrypted = Wiped.of(cipher.update(block))
    block.set(decrypted.bytes)
  }
  if (count === 1) {
    block.set(work)
    decrypt()
    work.set(block)
  } else {
    // RFC 3394, section 2.2.2: the first 8 bytes are A, the others the blocks R.
    const head = work.subarray(0, blockBytes)
    for (let step = 6 * count; step > 0; step--) {
      const at = (((step - 1) % count) + 1) * blockBytes
      block.set(head)
      block.set(work.subarray(at, at + blockBytes), blockBytes)
      xorNumber(block.subarray(0, blockBytes), step)
      decrypt()
      head.set(block.subarray(0, blockBytes))
      work.set(block.subarray(blockBytes), at)
    }
  }
  return withoutPadding(work)
}

function xorNumber(bytes: Uint8Array, number: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setUint32(4, view.getUint32(4) ^ number)
}

/**
 * RFC 5649, section 3: the constant, the length of the plaintext, and zeros up to a whole block.
 */
function withoutPadding(unwrapped: Uint8Array): Uint8Array | undefined {
  const size = new DataView(unwrapped.buffer).getUint32(4)
  const padded = unwrapped.subarray(2 * initialValue.length)
  if (size <= padded.length - blockBytes || size > padded.length) return undefined
  const wrong = unwrapped
    .subarray(0, initialValue.length)
    .reduce((all, byte, i) => all | (byte ^ (initialValue[i] as number)), 0)
  const padding = padded.subarray(size).reduce((all, byte) => all | byte, 0)
  return (wrong | padding) === 0 ? secretCopy(padded.subarray(0, size)) : undefined
}
