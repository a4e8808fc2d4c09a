/** A record's name among those of all nodes. */
import type { AuditRecord } from '../../api/admin.ts'

export function recordName({ node, index }: AuditRecord): string {
  return `${node} ${index}`
}
