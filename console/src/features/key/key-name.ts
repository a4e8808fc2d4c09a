/** What a key is called on a page. */
import type { KeyCard } from '../../api/admin.ts'

export function nameOf(key: Pick<KeyCard, 'alias' | 'id'>): string {
  return key.alias ?? key.id
}
