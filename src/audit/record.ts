/** One audit record and the leaf it becomes. The layout of a leaf is fixed for ever: docs/ciphertext-format.md. */
import { type CanonicalValue, decodeCanonical, encodeAndHash, encodeCanonical } from '../crypto/canonical.ts'
import { labels } from '../crypto/labels.ts'
import { columnName, type RowWrite } from '../domain/rows.ts'
import type { AuditEntry } from '../ports/journal.ts'
import { leafPrefix } from './tree.ts'

/** [table, id, digest or null when deleted] for every row that a call changed. */
export function changesOf(writes: readonly RowWrite[]): CanonicalValue[] {
  return writes.map(({ table, id, digest }) => [columnName(table), id, digest])
}

/** Everything in a leaf but the deployment and the changes. */
export type AuditRecord = Omit<AuditEntry, 'signatureDigest' | 'contextDigest'> & {
  readonly node: string
  readonly nodeSequence: number
  readonly timeMs: number
  readonly signatureDigest: Uint8Array | null
  readonly contextDigest: Uint8Array | null
}

/** The leaf of a record in the tree of `deployment`. */
export function leafBytes(deployment: string, record: AuditRecord, changes: CanonicalValue[]): Uint8Array {
  return encodeCanonical(leafValue(deployment, record, changes))
}

/** The same with its hash: RFC 6962 section 2.1. */
export function hashedLeaf(deployment: string, record: AuditRecord, changes: CanonicalValue[]): ReturnType<typeof encodeAndHash> {
  return encodeAndHash(leafPrefix, leafValue(deployment, record, changes))
}

/** The leaf of a record as it stood in columns before it was kept as it is hashed: tree index first, its changes encoded. */
export function legacyLeaf(deployment: string, columns: readonly unknown[]): Uint8Array {
  const [, ...fields] = columns as readonly CanonicalValue[]
  const changesAt = fields.length - 4
  const value = fields.with(changesAt, decodeCanonical(fields[changesAt] as Uint8Array))
  return encodeCanonical([labels.auditRecord, deployment, ...value])
}

function leafValue(deployment: string, row: AuditRecord, changes: CanonicalValue[]): CanonicalValue[] {
  return [
    labels.auditRecord,
    deployment,
    row.node,
    row.nodeSequence,
    row.timeMs,
    row.requestId,
    row.signatureDigest,
    row.dialect,
    row.operation,
    row.project,
    row.principal,
    row.source,
    row.keyId,
    row.keyRevision,
    row.materialVersion,
    row.outcome,
    row.contextDigest,
    changes,
    row.tries,
    row.count,
    row.detail,
  ]
}
