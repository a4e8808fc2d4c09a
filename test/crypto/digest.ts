/** Message digests, for tests that must not use any other primitive. */
import { hash } from 'node:crypto'

export function digestOf(name: 'sha256' | 'sha384' | 'sha512', message: Uint8Array): Buffer {
  return hash(name, message, 'buffer')
}
