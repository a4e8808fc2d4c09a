/**
 * IDs of requests. They are not secret, so they are drawn in bulk: a draw costs more than the rest
 * of an ID.
 */
import type { Random } from '../ports/random.ts'

const requestIdBytes = 16
const requestIdsDrawn = 256

export function requestIds(random: Random): () => string {
  let drawn = new Uint8Array()
  let used = 0
  return () => {
    if (used === drawn.length) {
      drawn = Uint8Array.from(random.bytes(requestIdBytes * requestIdsDrawn))
      used = 0
    }
    used += requestIdBytes
    return drawn.subarray(used - requestIdBytes, used).toHex()
  }
}
