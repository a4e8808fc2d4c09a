/**
 * Connections to a PostgreSQL database, with the settings and deadlines that durability requires.
 */
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { type Compilable, PostgresAdapter, PostgresQueryCompiler } from 'kysely'
import postgres from 'postgres'
import { KmsError } from '../../domain/errors.ts'
import { StoreUnavailable, UniqueConflict } from '../../ports/store.ts'
import { type Builder, createBuilder } from '../queries.ts'
import type { Value } from '../reads/read.ts'

export type Sql = postgres.Sql<{ bigint: number }>
export type Running = { unsafe: postgres.Sql['unsafe'] }

export const builder: Builder = createBuilder({
  adapter: () => new PostgresAdapter(),
  compiler: () => new PostgresQueryCompiler(),
})

/**
 * No statement, a commit included, is waited for longer: the server's own limits do not cover a
 * commit that waits.
 */
export const deadlineMs = 5000
const bigintOid = 20
const byteaOid = 17

/** What happened to the connections of one client. */
export type Link = {
  /** A notice from the server: at a commit, it means that the commit may not be what it seems. */
  remarks: number
  /** A connection was lost, and with it everything its transaction had done. */
  lost: boolean
  /** Called when that happens. */
  readonly onLost?: () => void
}

/** Address of a database, and how it is verified: a bare URL is reached without TLS. */
export type Database =
  | string
  | { readonly url: string; readonly tls: { readonly ca: string | undefined } | undefined }

export function connect(
  database: Database,
  options: { readonly connections: number; readonly link?: Link },
): Sql {
  const { url, tls } = typeof database === 'string' ? { url: database, tls: undefined } : database
  const host = decodeURIComponent(new URL(url.replace(/,[^/?]*/, '')).hostname)
  return postgres(url, {
    ...(host.startsWith('/') && { host }),
    ssl: tls === undefined ? false : verifying(tls.ca, host.replace(/^\[(.*)\]$/, '$1')),
    max: options.connections,
    connect_timeout: deadlineMs / 1000,
    max_lifetime: null,
    fetch_types: false,
    connection: {
      application_name: 'holdfast',
      synchronous_commit: 'on',
      statement_timeout: deadlineMs,
      lock_timeout: deadlineMs,
      // A node that stalls in a transaction must not hold up the others.
      idle_in_transaction_session_timeout: 2 * deadlineMs,
    },
    types: {
      bigint: {
        to: bigintOid,
        from: [bigintOid],
        serialize: (value: number) => String(value),
        parse: safeInteger,
      },
      bytea: {
        to: byteaOid,
        from: [byteaOid],
        serialize: toBytea,
        parse: (text: string) => Uint8Array.fromHex(text.slice(2)),
      },
    },
    onnotice: () => {
      if (options.link !== undefined) options.link.remarks++
    },
    onclose: () => {
      if (options.link === undefined) return
      options.link.lost = true
      options.link.onLost?.()
    },
  })
}

/**
 * The client passes the host name to TLS, but not an address: without this, an address would be
 * verified as if it were localhost.
 */
function verifying(ca: string | undefined, host: string) {
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    ...(ca !== undefined && { ca }),
    ...(isIP(host) !== 0 && {
      checkServerIdentity: (_: string, cert: PeerCertificate) => checkServerIdentity(host, cert),
    }),
  }
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new TypeError('a stored number is too large to be represented exactly')
  return value
}

function toBytea(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`
}

/**
 * Runs a statement.
 * @returns rows as arrays in the order of the named columns.
 * @throws UniqueConflict, StoreUnavailable, KmsError parameter-invalid for a text that PostgreSQL
 * cannot represent, Error.
 */
export async function run(
  sql: Running,
  text: string,
  parameters: readonly Value[],
  prepare = true,
): Promise<{ rows: Value[][]; count: number }> {
  for (const one of parameters) if (typeof one === 'string') checkHasForm(one)
  try {
    const result = await within(sql.unsafe(text, parameters as never[], { prepare }).values())
    return { rows: result as unknown as Value[][], count: result.count }
  } catch (error) {
    throw translated(error)
  }
}

/**
 * A text with U+0000 is never stored (`isText` in domain/rules.ts), so a search for one, with any
 * operation, is refused here.
 */
function checkHasForm(text: string): void {
  if (text.includes('\0'))
    throw new KmsError(
      'parameter-invalid',
      'a search text contains U+0000, which stored text cannot contain',
    )
}

export function runQuery(
  sql: Running,
  query: Compilable,
  ...parameters: readonly Value[]
): Promise<{ rows: Value[][]; count: number }> {
  return run(sql, query.compile().sql, parameters)
}

/** @throws StoreUnavailable when the deadline passes first. */
export async function within<T>(work: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailable('the database did not answer in time')),
      deadlineMs + 500,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Classes of SQLSTATE after which the transaction is undone and another one may succeed. */
const passing = /^(08|40|53|55P03|57)/
const uniqueViolation = '23505'

/** What an error before the commit means. */
export function translated(error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error
  const code = String((error as { code?: unknown }).code ?? '')
  if (code === uniqueViolation)
    return new UniqueConflict('a unique column already contains this value', { cause: error })
  if (passing.test(code) || !/^[0-9A-Z]{5}$/.test(code))
    return new StoreUnavailable(`the database is unavailable: ${code}`, { cause: error })
  return error
}
