/** The vocabulary of audit records, and how to read them. */
import { kindOf } from './commands.ts'

/** Dialect of what the service does on its own: no call can name it. */
export const serviceDialect = 'service'

/**
 * Search terms for records without a principal: calls of unknown callers, and what the service does
 * on its own.
 */
export const unknownCaller = 'unknown'
export const theService = 'service'

/** What a record without a principal is: the service's own, or a call of an unknown caller. */
export function nobody(dialect: string): string {
  return dialect === serviceDialect ? theService : unknownCaller
}

/** Value in a record of several calls for a field in which they differ. */
export const several = 'several'

/**
 * Names of the commands that sign somebody in, and the operation recorded for a call that was
 * refused before its operation was known.
 */
export const signInOperations = ['start-session', 'create-token'] as const
export const unknownOperation = 'unknown'

/** The end of a record's detail if the call was authenticated by a console session. */
export const bySession = 'by session'

/**
 * Whether a record is of what a console read to show its pages: allowed, a read, and with a
 * session. They are in the log like every call; lists omit them unless asked for, and figures of
 * calls do not count them.
 */
export function isConsoleRead({
  operation,
  outcome,
  detail,
}: {
  readonly operation: string
  readonly outcome: string
  readonly detail: string | null
}): boolean {
  return outcome === 'ok' && kindOf(operation) === 'read' && detail?.endsWith(bySession) === true
}

/**
 * A record has one key. If a call takes from a second one, the detail names that key, its revision,
 * and anything else worth recording.
 */
export function sourceKeyDetail(
  { id, revision }: { readonly id: string; readonly revision: number },
  more: string | null,
): string {
  return `source key ${id} at revision ${revision}${more === null ? '' : `, ${more}`}`
}

const sourceKey = /^source key ([0-9a-f-]{36}) at revision /

/** The keys in a record: its own, and the one that the call took from. */
export function keysOf({
  keyId,
  detail,
}: {
  readonly keyId: string | null
  readonly detail: string | null
}): readonly string[] {
  const source = detail === null ? undefined : sourceKey.exec(detail)?.[1]
  return [...new Set([keyId, source])].filter((id) => id !== null && id !== undefined)
}
