/** Random bytes, injected so that formats can be tested byte for byte. */
import { randomFillSync } from 'node:crypto'
import { secretBytes } from '../domain/material/secret-bytes.ts'

export interface Random {
  /**
   * `sizeBytes` fresh bytes in their own memory. The source must be the operating system's; nothing
   * is drawn ahead.
   */
  bytes(sizeBytes: number): Uint8Array
}

export const systemRandom: Random = {
  bytes: (sizeBytes) => randomFillSync(secretBytes(sizeBytes)),
}
