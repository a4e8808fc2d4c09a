/** An audit entry about nothing in particular. */
import type { AuditEntry } from '../../src/ports/journal.ts'

export const anyEntry: AuditEntry = {
  requestId: 'r',
  signatureDigest: null,
  dialect: 'test',
  operation: 'test',
  project: null,
  principal: null,
  source: 'local',
  keyId: null,
  keyRevision: null,
  materialVersion: null,
  outcome: 'ok',
  contextDigest: null,
  tries: 1,
  count: 1,
  detail: null,
}
