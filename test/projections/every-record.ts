/** The search that finds every record of a project, for others to narrow down. */
import type { AuditQuery } from '../../src/ports/reports.ts'

export function everyRecord(projectId: string): AuditQuery {
  return {
    projectId,
    keys: null,
    operations: null,
    principals: null,
    outcomes: null,
    hidesReads: false,
    withStrangers: false,
    from: null,
    to: null,
    before: null,
    limit: 50,
  }
}
