/** What records of calls say, and how it is read. */
import { kindOf } from './commands.ts'

/** Dialect of what the service does by itself: no call can name it. */
export const serviceDialect = 'service'

/**
 * What records without a principal are looked for by: calls of those who are not known, and what
 * the service does by itself.
 */
export const unknownCaller = 'unknown'
export const theService = 'service'

/**
 * What a record without a principal is: the service's own, or a call of somebody who is not known.
 */
export function nobody(dialect: string): string {
  return dialect === serviceDialect ? theService : unknownCaller
}

/** What stands in a record of several calls for what they do not share. */
export const several = 'several'

/**
 * Names of the commands in which somebody signs in, and what a call is in its record that was
 * refused before its operation was known.
 */
export const signInOperations = ['start-session', 'create-token'] as const
export const unknownOperation = 'unknown'

/** What the detail of a record ends with where the session of a console vouched for the call. */
export const bySession = 'by session'

/**
 * Whether a record is of what a console read to show its pages: allowed, a read, and with a
 * session. They stand in the log like every call; lists leave them out until they are asked for,
 * and figures of calls do not count them.
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
 * A record has one key. Where a call takes from another one, that one stands in the detail: which
 * key, its revision, and what else there is to say of it.
 */
export function sourceKeyDetail(
  { id, revision }: { readonly id: string; readonly revision: number },
  more: string | null,
): string {
  return `source key ${id} at revision ${revision}${more === null ? '' : `, ${more}`}`
}

const sourceKey = /^source key ([0-9a-f-]{36}) at revision /

/** The keys that a record tells of: its own, and the one that the call took from. */
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
