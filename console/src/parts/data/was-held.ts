/** What a key says of the material that it held. */
import type { Key } from '../../api/admin.ts'

/** Whether it held material once: from then on the key belongs to it. */
export function hasHeld(key: Pick<Key, 'check_value' | 'fingerprint'>): boolean {
  return key.check_value !== null || key.fingerprint !== null
}

/** Whether it held material once and has none now: only its own material brings it back. */
export function needsItsMaterial(
  key: Pick<Key, 'state' | 'check_value' | 'fingerprint' | 'material_version'>,
): boolean {
  return key.state === 'pending-import' && hasHeld(key)
}
