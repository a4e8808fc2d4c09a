/** What a node has of the database: connections over a link that may be slow or may fail. */
import type { LedgerRow, Row, RowWrite } from '../../../src/domain/rows.ts'
import type { TableName } from '../../../src/domain/tables.ts'
import {
  type LeafGroup,
  StoreUnavailable,
  type StoreWriter,
  type TransactionPlan,
  type TransactionStart,
} from '../../../src/ports/store.ts'
import type { Process, Scheduler } from '../scheduler.ts'
import type { Answer, Database, Transaction } from './database.ts'

/** How often which fault happens to a statement, and how long it takes. */
export type Weather = {
  latencyMs: number
  slow: number
  refused: number
  lostBefore: number
  lostAfter: number
}

/** The connection was lost: what became of the last statement is not known. */
export class LinkLost extends StoreUnavailable {
  constructor() {
    super('the database is unavailable: the connection was lost', { reason: 'unreachable' })
  }
}

/** A server notices after a while that a client is gone. */
const noticedMs = 2500
const askAgainMs = 250

export type LinkParts = {
  readonly scheduler: Scheduler
  readonly database: Database
  readonly process: Process
  readonly weather: Weather
}

/** A connection of one client; a new one is made when it is asked after a loss. */
export class Link {
  readonly #parts: LinkParts
  #incarnation = 0
  transaction: Transaction | undefined

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  get isOpen(): boolean {
    return this.#incarnation === this.#parts.database.incarnation
  }

  /** @throws LinkLost. */
  async open(): Promise<void> {
    if (this.isOpen) return
    const { database } = this.#parts
    const incarnation = await this.#sent<number>('connect', (answer) =>
      answer(database.isDown ? new LinkLost() : database.incarnation),
    )
    this.#incarnation = incarnation
  }

  /** Sends a statement. @param work done by the server when it arrives. */
  ask<T>(name: string, work: (answer: Answer<T>) => void): Promise<T> {
    const { database } = this.#parts
    const incarnation = this.#incarnation
    return this.#sent<T>(name, (answer) => {
      const isThere = (): boolean => incarnation === database.incarnation && incarnation !== 0
      if (isThere()) work((value) => answer(isThere() ? value : new LinkLost()))
      else answer(new LinkLost())
    })
  }

  /** The connection is given up; what it left open ends once the server notices. */
  drop(): void {
    const { scheduler, database } = this.#parts
    const { transaction } = this
    this.#incarnation = 0
    this.transaction = undefined
    if (transaction === undefined) return
    const end = (): void => database.rollback(transaction)
    const wait = scheduler.draws.between(0, noticedMs)
    scheduler.after(wait, 'connection closed', end, database.process)
  }

  /** The server may act on a COMMIT after its client has given up. */
  #arriveLate<T>(work: (answer: Answer<T>) => void): void {
    const { scheduler, database } = this.#parts
    if (!scheduler.draws.chance(0.5)) return
    const wait = scheduler.draws.between(0, noticedMs)
    scheduler.after(wait, 'late commit', () => work(() => {}), database.process)
  }

  #sent<T>(name: string, work: (answer: Answer<T>) => void): Promise<T> {
    const { scheduler, database, process, weather } = this.#parts
    const { draws } = scheduler
    const there = latency(weather, draws)
    const back = latency(weather, draws)
    const isLostBefore = draws.chance(weather.lostBefore)
    const isLostAfter = draws.chance(weather.lostAfter)
    const isRefused = draws.chance(weather.refused)
    return new Promise<T>((resolve, reject) => {
      let isAnswered = false
      const answer = (value: T | Error): void => {
        if (isAnswered) return
        isAnswered = true
        const lost = isLostBefore || isLostAfter
        const given = lost ? new LinkLost() : value
        const text = given instanceof Error ? `${name}: ${given.message}` : `${name} answered`
        const settle = (): void => {
          if (given instanceof LinkLost) this.drop()
          if (given instanceof Error) reject(given)
          else resolve(given)
        }
        scheduler.after(back, text, settle, process)
      }
      const arrive = (): void => {
        // Nobody reads what comes from a client that is gone; a COMMIT was on its way.
        if (process.isDead && name !== 'commit') return
        if (isLostBefore) {
          answer(new LinkLost())
          if (name === 'commit') this.#arriveLate(work)
        } else if (isRefused) {
          if (this.transaction !== undefined) this.transaction.hasFailed = true
          answer(new StoreUnavailable('the database has no room'))
        } else work(answer)
      }
      scheduler.after(there, `${process.name} ${name}`, arrive, database.process)
    })
  }
}

function latency({ latencyMs, slow }: Weather, draws: Scheduler['draws']): number {
  if (draws.chance(slow)) return draws.between(50, 6000)
  return draws.between(0.2, 1) * latencyMs
}

export class SimulatedWriter implements StoreWriter {
  readonly #parts: LinkParts
  readonly #link: Link
  /** For the observer of the database. */
  readonly #owner: () => unknown

  /** @param owner of a transaction that begins now, for the observer of the database. */
  constructor(parts: LinkParts, owner: () => unknown = () => undefined) {
    this.#parts = parts
    this.#link = new Link(parts)
    this.#owner = owner
  }

  async begin(plan: TransactionPlan): Promise<TransactionStart> {
    const { database } = this.#parts
    const link = this.#link
    const owner = this.#owner()
    // A transaction that is still open has a connection that cannot be used.
    if (link.transaction?.isOpen === true) link.drop()
    await link.open()
    const { transaction, start } = await link.ask<{
      transaction: Transaction
      start: TransactionStart
    }>('begin', (answer) => {
      link.transaction = database.begin(plan, owner, answer)
    })
    link.transaction = transaction
    return start
  }

  async row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    const transaction = this.#running()
    const { database } = this.#parts
    const found = await this.#link.ask<{ row: unknown }>('row', (answer) =>
      answer({ row: database.visible(transaction, table, id) }),
    )
    return found.row as Row<T> | undefined
  }

  scan<T extends TableName>(
    table: T,
    afterId: string | null,
    limit: number,
  ): Promise<readonly Row<T>[]> {
    const transaction = this.#running()
    const { database } = this.#parts
    return this.#link.ask<readonly Row<T>[]>('scan', (answer) => {
      const rows = database.rowsOf(transaction, table)
      const behind = rows.filter(({ id }) => afterId === null || id > afterId)
      answer(behind.slice(0, limit) as unknown as Row<T>[])
    })
  }

  async apply(writes: readonly RowWrite[]): Promise<void> {
    const transaction = this.#running()
    await this.#link.ask<null>('apply', (answer) =>
      this.#parts.database.apply(transaction, writes, answer),
    )
  }

  async commit(group: LeafGroup | null, head: LedgerRow): Promise<void> {
    const transaction = this.#running()
    try {
      await this.#link.ask<null>('commit', (answer) =>
        this.#parts.database.commit(transaction, group, head, answer),
      )
      this.#link.transaction = undefined
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error
      if (!(await this.#isCommitted(head)))
        throw new StoreUnavailable('the database did not commit what it was sent', { cause: error })
    }
  }

  async commitAlone(): Promise<void> {
    const transaction = this.#running()
    await this.#link.ask<null>('commit alone', (answer) =>
      this.#parts.database.commit(transaction, null, null, answer),
    )
    this.#link.transaction = undefined
  }

  async rollback(): Promise<void> {
    const { transaction } = this.#link
    if (transaction === undefined) return
    try {
      await this.#link.ask<null>('rollback', (answer) => {
        this.#parts.database.rollback(transaction)
        answer(null)
      })
      this.#link.transaction = undefined
    } catch {
      this.#link.drop()
    }
  }

  async eraseDeleted(): Promise<boolean> {
    const { scheduler } = this.#parts
    await scheduler.sleep(scheduler.draws.between(0.1, 2), 'erase')
    return scheduler.draws.chance(0.8)
  }

  close(): void {
    this.#link.drop()
  }

  /** As PostgresWriter finds it out: asks until it is known. */
  async #isCommitted(attempt: LedgerRow): Promise<boolean> {
    for (;;) {
      try {
        await this.begin({ log: attempt.id, rows: [], changes: [] })
        const head = await this.row('ledgers', attempt.id)
        await this.rollback()
        return head !== undefined && Buffer.compare(head.mac, attempt.mac) === 0
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        await this.rollback()
        await this.#parts.scheduler.sleep(askAgainMs, 'ask again')
      }
    }
  }

  #running(): Transaction {
    const { transaction } = this.#link
    if (transaction === undefined) throw new TypeError('no transaction is open')
    return transaction
  }
}
