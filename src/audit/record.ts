/**
 * One audit record and the leaf it becomes. The layout of a leaf never changes:
 * docs/ciphertext-format.md.
 */
import {
  type CanonicalValue,
  decodeCanonical,
  encodeAndHash,
  encodeCanonical,
} from '../crypto/formats/canonical.ts'
import { labels } from '../crypto/formats/labels.ts'
import type { RowWrite } from '../domain/rows.ts'
import { columnName } from '../domain/tables.ts'
import type { AuditEntry } from '../ports/journal.ts'
import { leafPrefix } from './tree.ts'

/** [table, id, digest or null when deleted] for every row that a call changed. */
export function changesOf(writes: readonly RowWrite[]): CanonicalValue[] {
  return writes.map(({ table, id, digest }) => [columnName(table), id, digest])
}

/** Everything in a leaf except the deployment and the changes. */
export type AuditRecord = Omit<AuditEntry, 'signatureDigest' | 'contextDigest'> & {
  readonly node: string
  readonly nodeSequence: number
  readonly timeMs: number
  readonly signatureDigest: Uint8Array | null
  readonly contextDigest: Uint8Array | null
}

/** The leaf of a record in the tree of `deployment`. */
export function leafBytes(
  deployment: string,
  record: AuditRecord,
  changes: CanonicalValue[],
): Uint8Array {
  return encodeCanonical(leafValue(deployment, record, changes))
}

/** The same with its hash: RFC 6962 section 2.1. */
export function hashedLeaf(
  deployment: string,
  record: AuditRecord,
  changes: CanonicalValue[],
): ReturnType<typeof encodeAndHash> {
  return encodeAndHash(leafPrefix, leafValue(deployment, record, changes))
}

/**
 * A change of a row in a record: the table's name in the database, the row's ID, and its digest or
 * null if it was deleted.
 */
export type RecordedChange = readonly [table: string, id: string, digest: Uint8Array | null]

/** A leaf's fields in their order. */
type LeafFields = readonly [
  label: string,
  deployment: string,
  node: string,
  nodeSequence: number,
  timeMs: number,
  requestId: string,
  signatureDigest: Uint8Array | null,
  dialect: string,
  operation: string,
  project: string | null,
  principal: string | null,
  source: string,
  keyId: string | null,
  keyRevision: number | null,
  materialVersion: number | null,
  outcome: string,
  contextDigest: Uint8Array | null,
  changes: readonly CanonicalValue[],
  tries: number,
  count: number,
  detail: string | null,
]
const fieldCount = 21

/** The content of a leaf. @throws TypeError for bytes that are not a leaf of this format. */
export function recordOf(
  leaf: Uint8Array,
): AuditRecord & { readonly changes: readonly RecordedChange[] } {
  const fields = decodeCanonical(leaf)
  if (!Array.isArray(fields) || fields.length !== fieldCount || fields[0] !== labels.auditRecord)
    throw new TypeError('this is not an audit record')
  // The types are those that `leafValue` accepted: nothing else was ever hashed into the tree.
  const [
    ,
    ,
    node,
    nodeSequence,
    timeMs,
    requestId,
    signatureDigest,
    dialect,
    operation,
    project,
    principal,
    source,
    ...rest
  ] = fields as unknown as LeafFields
  const [
    keyId,
    keyRevision,
    materialVersion,
    outcome,
    contextDigest,
    changes,
    tries,
    count,
    detail,
  ] = rest
  const who = {
    node,
    nodeSequence,
    timeMs,
    requestId,
    signatureDigest,
    dialect,
    operation,
    project,
    principal,
    source,
  }
  const what = { keyId, keyRevision, materialVersion, outcome, contextDigest, tries, count, detail }
  return { ...who, ...what, changes: changes as unknown as readonly RecordedChange[] }
}

/**
 * The leaf of a record that was stored in columns, before leaves were stored as they are hashed:
 * tree index first, its changes encoded.
 */
export function legacyLeaf(deployment: string, columns: readonly unknown[]): Uint8Array {
  const [, ...fields] = columns as readonly CanonicalValue[]
  const changesAt = fields.length - 4
  const value = fields.with(changesAt, decodeCanonical(fields[changesAt] as Uint8Array))
  return encodeCanonical([labels.auditRecord, deployment, ...value])
}

function leafValue(deployment: string, row: AuditRecord, changes: CanonicalValue[]): LeafFields {
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
