/** The answer to bytes that are not what was looked for. */
import type { Refused } from './protocol.ts'

export function refused(reason: Refused['reason'], values: Refused['values'] = {}): Refused {
  return { kind: 'refused', reason, values }
}
