/** Logs of several nodes, as a search and the follower read them. */
import type { AuditLeaf } from '../../src/audit/leaf-groups.ts'
import { leafBytes } from '../../src/audit/record.ts'
import type { LogSegmentRow } from '../../src/domain/rows.ts'
import type { AuditEntry } from '../../src/ports/journal.ts'
import type { LeafGroup } from '../../src/ports/store.ts'
import {
  newSegment,
  type SegmentTerms,
  segmentOf,
  withRecord,
} from '../../src/projections/log-segments.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { groupsOf } from '../fakes/leaf-groups.ts'

export type Logged = Partial<AuditEntry> & { readonly timeMs: number }

export type Log = {
  readonly id: string
  /** As many as its head counts. */
  readonly records: (AuditEntry & { readonly timeMs: number })[]
  /** Those that are stored. */
  readonly leaves: AuditLeaf[]
}

/** Records of project `a`, unless they say otherwise. */
export function logOf(id: string, logged: readonly Logged[]): Log {
  const log: Log = { id, records: [], leaves: [] }
  append(log, logged)
  return log
}

export function append({ id, records, leaves }: Log, logged: readonly Logged[]): void {
  for (const one of logged) {
    const treeIndex = records.length
    const entry = { ...anyEntry, dialect: 'huawei', operation: 'encrypt', project: 'a', ...one }
    const record = { ...entry, node: id, nodeSequence: treeIndex + 1 }
    const digests = { signatureDigest: null, contextDigest: null }
    records.push(record)
    leaves.push({ treeIndex, leaf: leafBytes('d', { ...record, ...digests }, []) })
  }
}

export function groupsOfLogs(logs: readonly Log[], most = 5): LeafGroup[] {
  return logs.flatMap(({ id, leaves }) => groupsOf(id, leaves, most))
}

/** Segments of a few records each. */
export function segmentsOf({ id, records }: Log, size: number): LogSegmentRow[] {
  const segments: SegmentTerms[] = []
  for (const [index, record] of records.entries()) {
    if (index % size === 0) {
      segments.push(newSegment(id, index, record.timeMs))
    }
    withRecord(segments.at(-1) as SegmentTerms, record)
  }
  return segments.map((terms) => ({
    id: `${id}/${terms.firstIndex}`,
    ...segmentOf(terms),
    revision: 1,
    schemaVersion: 1,
    mac: new Uint8Array(),
  }))
}
