/** Stretches of the log, each with what it holds: a search passes over those that hold nothing of what it looks for. */
import { keysOf } from '../domain/operations.ts'
import type { AuditStretchRow, RowValues } from '../domain/rows.ts'
import type { AuditQuery } from '../ports/reports.ts'

export const stretchSize = 1024
const prefixBytes = 8

/** Sets of a stretch while it grows. Prefixes of key IDs stand in hexadecimal. */
export type StretchTerms = {
  readonly firstIndex: number
  readonly firstTime: number
  lastTime: number
  readonly keys: Set<string>
  readonly projects: Set<string>
  readonly principals: Set<string>
  readonly operations: Set<string>
  readonly outcomes: Set<string>
}

/** A record as far as a stretch remembers it. */
export type Remembered = {
  readonly timeMs: number
  readonly project: string | null
  readonly principal: string | null
  readonly operation: string
  readonly outcome: string
  readonly keyId: string | null
  readonly detail: string | null
}

/** Name of the stretch that a place of the log lies in. */
export function stretchId(index: number): string {
  return String(Math.floor(index / stretchSize)).padStart(12, '0')
}

export function newStretch(index: number, timeMs: number, standing: AuditStretchRow | undefined): StretchTerms {
  if (standing !== undefined) return termsOf(standing)
  const firstIndex = Math.floor(index / stretchSize) * stretchSize
  const sets = { keys: new Set<string>(), projects: new Set<string>(), principals: new Set<string>() }
  return { firstIndex, firstTime: timeMs, lastTime: timeMs, ...sets, operations: new Set(), outcomes: new Set() }
}

export function withRecord(terms: StretchTerms, record: Remembered): void {
  const { timeMs, project, principal, operation, outcome } = record
  terms.lastTime = Math.max(terms.lastTime, timeMs)
  if (project !== null) terms.projects.add(project)
  if (principal !== null) terms.principals.add(principal)
  terms.operations.add(operation)
  terms.outcomes.add(outcome)
  for (const id of keysOf(record)) terms.keys.add(prefixOf(id))
}

export function stretchOf(terms: StretchTerms): Omit<RowValues<'auditStretches'>, 'id'> {
  const { firstIndex, firstTime, lastTime, keys, projects, principals, operations, outcomes } = terms
  const lists = [projects, principals, operations, outcomes].map((set) => [...set])
  return { firstIndex, firstTime, lastTime, keys: Buffer.from([...keys].join(''), 'hex'), terms: JSON.stringify(lists) }
}

export function termsOf({ firstIndex, firstTime, lastTime, keys, terms }: AuditStretchRow): StretchTerms {
  const [projects, principals, operations, outcomes] = (JSON.parse(terms) as string[][]).map((list) => new Set(list))
  const prefixes =
    Buffer.from(keys)
      .toString('hex')
      .match(new RegExp(`.{${prefixBytes * 2}}`, 'g')) ?? []
  return {
    firstIndex,
    firstTime,
    lastTime,
    keys: new Set(prefixes),
    projects: projects as Set<string>,
    principals: principals as Set<string>,
    operations: operations as Set<string>,
    outcomes: outcomes as Set<string>,
  }
}

/** Whether a stretch may hold a record that is looked for: never no when it does. */
export function mayHold(terms: StretchTerms, query: AuditQuery): boolean {
  const { projectId, keyId, operation, principal, outcome, from, to } = query
  return (
    terms.projects.has(projectId) &&
    (from === null || terms.lastTime >= from) &&
    (to === null || terms.firstTime <= to) &&
    (keyId === null || terms.keys.has(prefixOf(keyId))) &&
    (operation === null || terms.operations.has(operation)) &&
    (principal === null || terms.principals.has(principal)) &&
    (outcome === null ||
      (outcome === 'refused' ? terms.outcomes.size > 1 || !terms.outcomes.has('ok') : terms.outcomes.has(outcome)))
  )
}

/** An ID that a caller made up may have any form: what is no UUID has the prefix of none. */
function prefixOf(keyId: string): string {
  const hex = keyId.replaceAll('-', '').slice(0, prefixBytes * 2)
  return /^[0-9a-f]{16}$/.test(hex) ? hex : '0'.repeat(prefixBytes * 2)
}
