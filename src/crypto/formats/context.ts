/**
 * The encoding of an encryption context, which a ciphertext is bound to. Layout:
 * docs/ciphertext-format.md.
 */
import { hash } from 'node:crypto'
import { contextBytesLimit, type EncryptionContext } from '../../domain/context.ts'
import { KmsError } from '../../domain/errors.ts'

const none = new Uint8Array(4)

/**
 * Injective: different maps give different bytes. Pairs are sorted by the UTF-8 bytes of the key,
 * which is not the order of JavaScript's sort.
 * @throws KmsError context-invalid for lone surrogates, a key given twice, or more than 8 KiB.
 */
export function contextBytes(context: EncryptionContext): Uint8Array {
  if (context.length === 0) return none
  let size = 4
  const pairs = context.map(([key, value]) => {
    if (!key.isWellFormed() || !value.isWellFormed())
      throw new KmsError(
        'context-invalid',
        'an encryption context must be well-formed Unicode text',
      )
    const pair = [Buffer.from(key), Buffer.from(value)] as const
    size += 8 + pair[0].length + pair[1].length
    return pair
  })
  if (size > contextBytesLimit)
    throw new KmsError(
      'context-invalid',
      `an encryption context must not exceed ${contextBytesLimit} bytes`,
    )
  pairs.sort(([a], [b]) => Buffer.compare(a, b))
  const out = Buffer.alloc(size)
  let at = out.writeUInt32BE(pairs.length, 0)
  let previous: Buffer | undefined
  for (const pair of pairs) {
    if (previous?.equals(pair[0]))
      throw new KmsError('context-invalid', 'an encryption context must not repeat a key')
    previous = pair[0]
    for (const part of pair) {
      at = out.writeUInt32BE(part.length, at)
      at += part.copy(out, at)
    }
  }
  return out
}

/** What the audit log keeps of a context: its digest, or null when the context is empty. */
export function contextDigest(bytes: Uint8Array): Uint8Array | null {
  return bytes.length <= 4 ? null : hash('sha256', bytes, 'buffer')
}
