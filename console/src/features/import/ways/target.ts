/** The key that material is read for, as the worker asks for it. */
import type { KeyCard } from '../../../api/admin.ts'
import type { Target } from '../../../material/protocol.ts'
import { hasHeld } from '../../../parts/data/was-held.ts'

export function targetOf(item: KeyCard): Target {
  return {
    keyId: item.id,
    spec: item.spec,
    expected: hasHeld(item)
      ? { checkValue: item.check_value, fingerprint: item.fingerprint }
      : null,
  }
}
