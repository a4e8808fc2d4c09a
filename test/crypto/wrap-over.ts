/**
 * RFC 5649 implemented from its text over any block cipher, for tests: OpenSSL wraps only with AES.
 */
import { createCipheriv } from 'node:crypto'

/** @param blockCipher name of an ECB mode with blocks of 16 bytes. */
export function wrapOver(blockCipher: string, key: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv(blockCipher, key, null).setAutoPadding(false)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(plaintext.length)
  let head: Uint8Array = Buffer.concat([Buffer.from('a65959a6', 'hex'), length])
  const padded = Buffer.concat([plaintext, Buffer.alloc((8 - (plaintext.length % 8)) % 8)])
  if (padded.length === 8) return cipher.update(Buffer.concat([head, padded]))
  const blocks = Array.from(
    { length: padded.length / 8 },
    (_, i): Uint8Array => padded.subarray(i * 8, i * 8 + 8),
  )
  for (let round = 0; round < 6; round++)
    for (const [i, block] of blocks.entries()) {
      const mixed = cipher.update(Buffer.concat([head, block]))
      const step = Buffer.alloc(8)
      step.writeBigUInt64BE(BigInt(round * blocks.length + i + 1))
      head = mixed.subarray(0, 8).map((byte, at) => byte ^ (step[at] as number))
      blocks[i] = Buffer.from(mixed.subarray(8))
    }
  return Buffer.concat([head, ...blocks])
}
