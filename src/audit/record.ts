/** One audit record and the leaf it becomes. The layout of a leaf is fixed for ever: docs/ciphertext-format.md. */
import { type CanonicalValue, encodeCanonical, hashCanonical } from '../crypto/canonical.ts'
import { labels } from '../crypto/labels.ts'
import { columnName, type RowWrite } from '../domain/rows.ts'
import type { AuditRow } from '../ports/store.ts'
import { leafPrefix } from './tree.ts'

/** [table, id, digest or null when deleted] for every row that a call changed. */
export function changesOf(writes: readonly RowWrite[]): CanonicalValue[] {
  return writes.map(({ table, id, digest }) => [columnName(table), id, digest])
}

type Unhashed = Omit<AuditRow, 'leafHash' | 'treeIndex' | 'changes'>

/** The leaf of a record in the tree of `deployment`. `changes` is the list whose encoding stands in the row. */
export function leafBytes(deployment: string, row: Unhashed, changes: CanonicalValue[]): Uint8Array {
  return encodeCanonical(leafValue(deployment, row, changes))
}

/** Its hash: RFC 6962 section 2.1. */
export function recordHash(deployment: string, row: Unhashed, changes: CanonicalValue[]): Uint8Array {
  return hashCanonical(leafPrefix, leafValue(deployment, row, changes))
}

function leafValue(deployment: string, row: Unhashed, changes: CanonicalValue[]): CanonicalValue[] {
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
