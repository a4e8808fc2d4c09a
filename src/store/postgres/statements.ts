/** Statements in the form in which PostgreSQL is sent them, and those around a transaction. */
import { type Compilable, PostgresAdapter, PostgresQueryCompiler } from 'kysely'
import { KmsError } from '../../domain/errors.ts'
import { type Builder, createBuilder } from '../queries.ts'
import type { Value } from '../reads/read.ts'

/** The server ends a statement, or a wait for a lock, that takes longer. */
export const statementMs = 5000
/** A transaction that a stalled node leaves open holds up the others for this long at most. */
const idleMs = 2000

/** Limits of a transaction in milliseconds; 0 for none. */
type Limits = { readonly statement: number; readonly lock: number; readonly idle: number }
const usualLimits: Limits = { statement: statementMs, lock: statementMs, idle: idleMs }

export const builder: Builder = createBuilder({
  adapter: () => new PostgresAdapter(),
  compiler: () => new PostgresQueryCompiler(),
})

/**
 * @property named whether the statement is used often enough to be prepared.
 * @property settings of the transaction that it begins; sent after it, without its own answer.
 */
export type Statement = {
  readonly text: string
  readonly parameters?: readonly Value[]
  readonly named?: boolean
  readonly settings?: Statement
}

/**
 * Begins a transaction that says its own level, limits and durability, so that neither a setting of
 * the server nor a pooler between the two decides about them. A server that waits until standbys
 * have applied a commit keeps doing so.
 */
export function begin(level = 'READ COMMITTED', limits: Partial<Limits> = {}): Statement {
  return {
    text: `BEGIN ISOLATION LEVEL ${level}`,
    settings: { text: settingsOf(limits), named: true },
  }
}

function settingsOf(limits: Partial<Limits>): string {
  const { statement, lock, idle } = { ...usualLimits, ...limits }
  return `SELECT set_config('statement_timeout', '${statement}', true), set_config('lock_timeout', '${lock}', true), set_config('idle_in_transaction_session_timeout', '${idle}', true), set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`
}

/**
 * Begins that of a group. Its statements find rows by their IDs: they are planned once, and not
 * again for each group.
 */
export const beginGroup: Statement = {
  ...begin(),
  settings: {
    text: `${settingsOf({})}, set_config('plan_cache_mode', 'force_generic_plan', true)`,
    named: true,
  },
}

export const commit: Statement = { text: 'COMMIT' }
export const rollback: Statement = { text: 'ROLLBACK' }

/** Texts of queries that were compiled. */
const texts = new WeakMap<Compilable, string>()

/** A query with its parameters, which is sent often. */
export function statementOf(query: Compilable, ...parameters: readonly Value[]): Statement {
  const text = texts.get(query) ?? query.compile().sql
  texts.set(query, text)
  return { text, parameters, named: true }
}

/**
 * A text with U+0000 is never stored (`isText` in domain/rules.ts), so a search for one, with any
 * operation, is refused.
 * @throws KmsError parameter-invalid.
 */
export function checkRepresentable(parameters: readonly Value[]): void {
  if (parameters.some((one) => typeof one === 'string' && one.includes('\0')))
    throw new KmsError(
      'parameter-invalid',
      'a search text contains U+0000, which stored text cannot contain',
    )
}
