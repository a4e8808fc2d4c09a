/**
 * Segments of the log, each with a summary of what it holds: a search skips those that hold nothing
 * it looks for.
 */

import { keysOf, nobody, theService, unknownCaller } from '../domain/operations.ts'
import type { LogSegmentRow, RowValues } from '../domain/rows.ts'
import { idsMeant, partsOfShort } from '../domain/short-ids.ts'
import type { AuditQuery } from '../ports/reports.ts'

export const segmentSize = 1024
const prefixBytes = 8

/** The sets of a segment while it grows. Prefixes of key IDs are in hexadecimal. */
export type SegmentTerms = {
  readonly log: string
  readonly firstIndex: number
  /**
   * Earliest and latest time: records of a clock that was wrong for a while are not in order of
   * time.
   */
  firstTime: number
  lastTime: number
  readonly keys: Set<string>
  readonly projects: Set<string>
  readonly principals: Set<string>
  readonly operations: Set<string>
  readonly outcomes: Set<string>
  /**
   * Kinds of missing fields among its records; all kinds in rows written before this was tracked.
   */
  readonly lacks: Set<string>
}

const lacksProject = 'project'
const everyLack = [lacksProject, unknownCaller, theService]

/** The fields of a record that a segment remembers. */
export type Remembered = {
  readonly timeMs: number
  readonly dialect: string
  readonly project: string | null
  readonly principal: string | null
  readonly operation: string
  readonly outcome: string
  readonly keyId: string | null
  readonly detail: string | null
}

/** ID of the segment that contains a position of a log. */
export function segmentId(log: string, index: number): string {
  return `${log}/${String(Math.floor(index / segmentSize)).padStart(12, '0')}`
}

/** A segment without records yet. @param timeMs that of its first one. */
export function newSegment(log: string, firstIndex: number, timeMs: number): SegmentTerms {
  return {
    log,
    firstIndex,
    firstTime: timeMs,
    lastTime: timeMs,
    keys: new Set(),
    projects: new Set(),
    principals: new Set(),
    lacks: new Set(),
    operations: new Set(),
    outcomes: new Set(),
  }
}

/** A segment with what further records of it hold. */
export function joined(terms: SegmentTerms, more: SegmentTerms): SegmentTerms {
  return {
    log: terms.log,
    firstIndex: terms.firstIndex,
    firstTime: Math.min(terms.firstTime, more.firstTime),
    lastTime: Math.max(terms.lastTime, more.lastTime),
    keys: union(terms.keys, more.keys),
    projects: union(terms.projects, more.projects),
    principals: union(terms.principals, more.principals),
    lacks: union(terms.lacks, more.lacks),
    operations: union(terms.operations, more.operations),
    outcomes: union(terms.outcomes, more.outcomes),
  }
}

function union(one: ReadonlySet<string>, other: ReadonlySet<string>): Set<string> {
  return new Set([...one, ...other])
}

export function withRecord(terms: SegmentTerms, record: Remembered): void {
  const { timeMs, dialect, project, principal, operation, outcome } = record
  terms.firstTime = Math.min(terms.firstTime, timeMs)
  terms.lastTime = Math.max(terms.lastTime, timeMs)
  if (project !== null) terms.projects.add(project)
  else terms.lacks.add(lacksProject)
  if (principal !== null) terms.principals.add(principal)
  else terms.lacks.add(nobody(dialect))
  terms.operations.add(operation)
  terms.outcomes.add(outcome)
  for (const id of keysOf(record)) terms.keys.add(prefixOf(id))
}

export function segmentOf(terms: SegmentTerms): Omit<RowValues<'logSegments'>, 'id'> {
  const {
    log,
    firstIndex,
    firstTime,
    lastTime,
    keys,
    projects,
    principals,
    operations,
    outcomes,
    lacks,
  } = terms
  const lists = [projects, principals, operations, outcomes, lacks].map((set) => [...set])
  return {
    log,
    firstIndex,
    firstTime,
    lastTime,
    keys: Buffer.from([...keys].join(''), 'hex'),
    terms: JSON.stringify(lists),
  }
}

export function termsOf({
  log,
  firstIndex,
  firstTime,
  lastTime,
  keys,
  terms,
}: LogSegmentRow): SegmentTerms {
  const [projects, principals, operations, outcomes, lacks = new Set(everyLack)] = (
    JSON.parse(terms) as string[][]
  ).map((list) => new Set(list))
  const prefixes =
    Buffer.from(keys)
      .toString('hex')
      .match(new RegExp(`.{${prefixBytes * 2}}`, 'g')) ?? []
  return {
    log,
    firstIndex,
    firstTime,
    lastTime,
    keys: new Set(prefixes),
    projects: projects as Set<string>,
    principals: principals as Set<string>,
    operations: operations as Set<string>,
    outcomes: outcomes as Set<string>,
    lacks,
  }
}

/**
 * Whether a segment may hold a matching record: never false if it does.
 * @param isCaller whether `principals` mean an ID.
 */
export function mayHold(
  terms: SegmentTerms,
  query: AuditQuery,
  isCaller = idsMeant(query.principals ?? []),
): boolean {
  const { projectId, keys, operations, principals, outcomes, from, to, withStrangers } = query
  const { projects, lacks } = terms
  return (
    (projects.has(projectId) || (withStrangers && lacks.has(lacksProject))) &&
    (from === null || terms.lastTime >= from) &&
    (to === null || terms.firstTime <= to) &&
    (keys === null || keys.some((text) => mayHoldKey(terms.keys, text))) &&
    (operations === null || operations.some((name) => terms.operations.has(name))) &&
    (principals === null ||
      some(lacks, (name) => principals.includes(name)) ||
      some(terms.principals, isCaller)) &&
    (outcomes === null || outcomes.some((name) => mayHoldOutcome(terms.outcomes, name)))
  )
}

function mayHoldOutcome(held: ReadonlySet<string>, name: string): boolean {
  return name === 'refused' ? held.size > 1 || !held.has('ok') : held.has(name)
}

/** A text that is not the start of a UUID may be the start of an ID that a caller made up. */
function mayHoldKey(held: ReadonlySet<string>, text: string): boolean {
  const start = (partsOfShort(text)[0] ?? '').replaceAll('-', '').slice(0, prefixBytes * 2)
  return held.has(madeUp) || held.has(start) || some(held, (prefix) => prefix.startsWith(start))
}

function some(held: ReadonlySet<string>, fits: (term: string) => boolean): boolean {
  for (const term of held) if (fits(term)) return true
  return false
}

const madeUp = '0'.repeat(prefixBytes * 2)

/**
 * An ID that a caller made up may have any form: one that is not a UUID gets the prefix of zeros.
 */
function prefixOf(keyId: string): string {
  const hex = keyId.replaceAll('-', '').slice(0, prefixBytes * 2)
  return /^[0-9a-f]{16}$/.test(hex) ? hex : madeUp
}
