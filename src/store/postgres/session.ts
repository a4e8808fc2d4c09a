/**
 * One connection to PostgreSQL. What is sent together travels in one flight, and no flight is
 * waited for longer than the deadline: then its socket is destroyed, because a link that is lost
 * silently answers nothing for many minutes.
 */
import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import pg from 'pg'
import { type Database, type DatabaseAddress, parseDatabaseUrl } from '../../ports/database-url.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import type { Value, Values } from '../reads/read.ts'
import { isUnprepared, translated } from './errors.ts'
import { type Answer, Flight, type Outcome } from './flight.ts'
import { begin, commit, type Statement, statementMs } from './statements.ts'

/** No flight is waited for longer: the server's own limits do not cover a commit that waits. */
export const deadlineMs = statementMs + 500
/** With a dead link, data that was sent is probed after this. */
const keepAliveMs = 10_000
/** A connection that has prepared this many statements sends further ones as they are. */
const mostPrepared = 300

/** False once a pooler was found in between that does not keep prepared statements. */
let arePrepared = true

/** What a client knows about its server process; its types have another name. */
type Process = { readonly processID: number | null }

export type SessionOptions = {
  /** Called once, when the connection ends in any way but `close`. */
  readonly onLost?: () => void
  /** Overrides the deadline of every flight, such as for VACUUM. Null for none. */
  readonly deadlineMs?: number | null
  /** How long connecting may take, over all hosts. */
  readonly connectMs?: number
  /**
   * Whether limits that the server or the role sets do not hold, for what cannot be in a
   * transaction that says its own. A pooler may refuse that.
   */
  readonly withoutLimits?: boolean
}

/**
 * Connects to the first host that is a primary.
 * @throws StoreUnavailable that says why none can be used, DatabaseUrlRefused.
 */
export async function openSession(
  database: Database,
  options: SessionOptions = {},
): Promise<Session> {
  const { url, tls } = typeof database === 'string' ? { url: database, tls: undefined } : database
  const address = parseDatabaseUrl(url)
  const { hosts } = address
  const patienceMs = Math.max(300, (options.connectMs ?? statementMs) / hosts.length)
  const reasons: StoreUnavailable[] = []
  for (const host of hosts) {
    try {
      return await Session.open({ address, tls, host, patienceMs }, options)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      reasons.push(error)
    }
  }
  const [first] = reasons
  if (first !== undefined && reasons.length === 1) throw first
  const isReadOnly = reasons.some(({ reason }) => reason === 'read-only')
  throw new StoreUnavailable(
    `no host of the database URL can be used: ${reasons.map(({ detail }) => detail).join('; ')}`,
    { cause: first, reason: isReadOnly ? 'read-only' : 'unreachable' },
  )
}

export class Session {
  readonly #client: pg.Client
  readonly #deadlineMs: number | null
  /** Names of statements, by their texts. */
  readonly #names = new Map<string, string>()
  readonly #prepared = new Set<string>()
  /** The one under way. */
  #flight: Flight | undefined
  /** Resolves when the last one that was asked for has its answers: they take turns. */
  #last = Promise.resolve()
  #notices = 0
  /** Whether each statement reaches the same server process, which keeps what is prepared. */
  #isDirect = false
  #isLost = false
  #isClosed = false

  /** @throws StoreUnavailable, also for a server that is not a primary. */
  static async open(
    at: {
      readonly address: DatabaseAddress
      readonly tls: { readonly ca: string | undefined } | undefined
      readonly host: DatabaseAddress['hosts'][number]
      readonly patienceMs: number
    },
    options: SessionOptions = {},
  ): Promise<Session> {
    const { host, port } = at.host
    const { user, password, database } = at.address
    const client = new pg.Client({
      host,
      port,
      user,
      database,
      // A function, because without a password the client would look for one in files.
      password: () => password ?? '',
      ssl: at.tls === undefined || host.startsWith('/') ? false : verifying(at.tls.ca, host),
      connectionTimeoutMillis: at.patienceMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
      application_name: 'holdfast',
      ...(options.withoutLimits === true && {
        options: '-c statement_timeout=0 -c lock_timeout=0',
      }),
    })
    const session = new Session(client, options)
    try {
      await client.connect()
      session.#listen()
      const [found] = await session.flight([
        { text: 'SELECT pg_is_in_recovery()::int, pg_backend_pid()' },
      ])
      const [isStandby, processId] = found?.rows[0] ?? []
      // A pooler names processes of its own. The one that answers now may not be the next one.
      session.#isDirect = processId === (client as unknown as Process).processID
      if (isStandby !== 0)
        throw new StoreUnavailable(`the database is read-only: ${host} is a standby`, {
          reason: 'read-only',
        })
      return session
    } catch (error) {
      session.close()
      throw translated(error)
    }
  }

  private constructor(client: pg.Client, { onLost, deadlineMs: own = deadlineMs }: SessionOptions) {
    this.#client = client
    this.#deadlineMs = own
    client.on('notice', () => {
      this.#notices++
    })
    const lose = (): void => {
      this.#flight?.lost()
      if (this.#isClosed || this.#isLost) return
      this.#isLost = true
      onLost?.()
    }
    // After an error of the socket, or one that the server sends by itself, nothing else is sent.
    client.on('error', lose)
    client.once('end', lose)
  }

  /**
   * Whether the connection ended without `close`, and with it everything that its transaction had
   * done.
   */
  get isLost(): boolean {
    return this.#isLost
  }

  /** Whether a transaction can begin. */
  get isIdle(): boolean {
    return !this.#isLost && !this.#isClosed && this.#client.getTransactionStatus() === 'I'
  }

  /**
   * Notices that the server sent: at a commit, one means that the commit may not be what it seems.
   */
  get notices(): number {
    return this.#notices
  }

  /**
   * Sends statements together and waits for all answers. Each is executed even if an earlier one
   * failed, unless the transaction was aborted by that.
   * @throws StoreUnavailable, UniqueConflict, TransactionAborted, KmsError, Error: what the first
   * failure means. After one the transaction must be rolled back.
   */
  async flight(statements: readonly Statement[]): Promise<Answer[]> {
    const answers = await this.flightSettled(statements)
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw translated(answer.reason)
      return answer.value
    })
  }

  /** The same, with the outcome of each statement. */
  async flightSettled(
    statements: readonly Statement[],
  ): Promise<readonly PromiseSettledResult<Answer>[]> {
    if (this.#isLost || this.#isClosed)
      throw new StoreUnavailable('the connection to the database was lost', {
        reason: 'unreachable',
      })
    const timer =
      this.#deadlineMs === null ? undefined : setTimeout(() => this.#destroy(), this.#deadlineMs)
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    try {
      await before
      const settled = await this.#settled(statements.flatMap(partsOf))
      // Not on this link: from now on, statements are sent as they are.
      if (settled.some((one) => one.status === 'rejected' && isUnprepared(one.reason)))
        arePrepared = false
      return statements.map((statement) => {
        const parts = settled.splice(0, partsOf(statement).length)
        return parts.find(({ status }) => status === 'rejected') ?? (parts[0] as (typeof parts)[0])
      })
    } finally {
      clearTimeout(timer)
      resolve()
    }
  }

  /** Those after one that failed are sent again: a COMMIT must be answered in any case. */
  async #settled(statements: readonly Statement[]): Promise<PromiseSettledResult<Answer>[]> {
    const settled: PromiseSettledResult<Answer>[] = []
    while (settled.length < statements.length) {
      const { answers, failure, isLost } = await this.#fly(statements.slice(settled.length))
      for (const value of answers) settled.push({ status: 'fulfilled', value })
      if (settled.length < statements.length) settled.push({ status: 'rejected', reason: failure })
      while (isLost && settled.length < statements.length)
        settled.push({ status: 'rejected', reason: failure })
    }
    return settled
  }

  async #fly(statements: readonly Statement[]): Promise<Outcome> {
    const nameOf = ({ text, named = false }: Statement) => (named ? this.#nameOf(text) : undefined)
    const flight = new Flight(statements, { nameOf, prepared: this.#prepared, parserOf })
    this.#flight = flight
    const { stream } = this.#client.connection
    stream.cork()
    this.#client.query(flight)
    stream.uncork()
    const outcome = await flight.ended
    this.#flight = undefined
    return outcome
  }

  #listen(): void {
    const { connection } = this.#client
    connection.on('parseComplete', () => this.#flight?.parsed())
    connection.on('readyForQuery', () => this.#flight?.ready())
  }

  /**
   * Rows of one statement, in the transaction that is open or in one of its own.
   * @throws as `flight`.
   */
  async rows(text: string, parameters: readonly Value[] = []): Promise<Values> {
    const statement = { text, parameters }
    if (!this.isIdle) return (await this.flight([statement]))[0]?.rows ?? []
    return (await this.flight([begin(), statement, commit]))[1]?.rows ?? []
  }

  /** Ends the connection, politely if nothing is under way. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // The socket may be dead, in which case its end is not waited for.
    this.#client.end().catch(() => {})
    setTimeout(() => this.#destroy(), 1000).unref()
  }

  /** Ends the connection at once, with everything under way on it. */
  cut(): void {
    this.#isClosed = true
    this.#destroy()
  }

  #destroy(): void {
    this.#client.connection.stream.destroy(
      new StoreUnavailable('the database did not answer in time', { reason: 'unreachable' }),
    )
  }

  /**
   * Derived from the text: behind a pooler, a server may know the name from another client, and
   * then it is the same statement.
   */
  #nameOf(text: string): string | undefined {
    if (!arePrepared || !this.#isDirect) return undefined
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size >= mostPrepared) return known
    const name = `h_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
    this.#names.set(text, name)
    return name
  }
}

function partsOf(statement: Statement): readonly Statement[] {
  return statement.settings === undefined ? [statement] : [statement, statement.settings]
}

function verifying(ca: string | undefined, host: string) {
  return {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    ...(ca !== undefined && { ca }),
    // The name that the certificate is verified for; an address has none to ask for.
    ...(isIP(host) === 0 && { servername: host }),
  }
}

const int8 = 20
const int2 = 21
const int4 = 23
const bytea = 17
const numbers: ReadonlySet<number> = new Set([int8, int2, int4])

/** Columns are numbers, bytes or text. */
export function parserOf(oid: number): (text: string) => Value {
  if (numbers.has(oid)) return safeInteger
  return oid === bytea ? (text) => Uint8Array.fromHex(text.slice(2)) : (text) => text
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new TypeError('a stored number is too large to be represented exactly')
  return value
}
