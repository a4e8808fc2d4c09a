/** The metrics of the whole service for one scrape: of every thread, of the store, of the disk. */

import { statfs } from 'node:fs/promises'
import type { MessagePort } from 'node:worker_threads'
import { isUnavailable, type StoreStatistics } from '../ports/store.ts'
import { JobClient, type JobOf, serviceTurn } from '../runtime/jobs.ts'
import type { ReportsClient } from '../runtime/reports-client.ts'
import { exposition, type Family, gauge, processFamilies } from '../telemetry/metrics.ts'
import { databaseBytes, type StoreSpec } from './store.ts'
import type { DatabaseWatch } from './watches/database-watch.ts'

/** The store is counted at most this often: counting a million keys takes a while. */
const statisticsEveryMs = 30_000

export type FiguresParts = {
  readonly folder: string
  readonly store: StoreSpec
  readonly version: string
  readonly reports: Pick<ReportsClient, 'statistics'>
  readonly now: () => number
  /** The metrics of this thread. */
  readonly own: () => Family[]
  /** Ports to the other threads. */
  readonly ports: readonly MessagePort[]
  readonly privateKeyJobs: () => number
  /** Why the service is not ready. */
  readonly notReady: () => Family
  /** What is known of a database on another machine, if it is one. */
  readonly database?: Pick<DatabaseWatch, 'families' | 'isUp'> | undefined
}

/** What another thread is asked for at a scrape. */
type Scrapes = { figures: { job: Record<never, never>; answer: Family[] } }
export type Scrape = JobOf<Scrapes>

export class Figures {
  readonly #parts: FiguresParts
  readonly #others: readonly JobClient<Scrapes>[]
  #statistics: { readonly at: number; readonly found: Promise<StoreStatistics> } | undefined

  constructor(parts: FiguresParts) {
    this.#parts = parts
    this.#others = parts.ports.map((port) => new JobClient<Scrapes>([port]))
  }

  async text(): Promise<string> {
    const { own } = this.#parts
    const others = this.#others.map((other) => other.run(serviceTurn, { kind: 'figures' }))
    return exposition(await Promise.all([own(), ...others, processFamilies(), this.#service()]))
  }

  close(): void {
    for (const other of this.#others) other.close()
  }

  async #service(): Promise<Family[]> {
    const { folder, store, version, privateKeyJobs, notReady } = this.#parts
    const disk = await statfs(folder)
    const database = databaseBytes(store)
    return [
      gauge('holdfast_info', 'Version of this server', [{ labels: { version }, value: 1 }]),
      ...(await this.#ofStore()),
      gauge(
        'holdfast_disk_free_bytes',
        'Free space on the disk of the data folder',
        disk.bavail * disk.bsize,
      ),
      ...(database === undefined
        ? []
        : [gauge('holdfast_database_bytes', 'Size of the database file', database)]),
      gauge(
        'holdfast_private_key_jobs',
        'Private keys waiting to be generated or checked',
        privateKeyJobs(),
      ),
      notReady(),
      ...(this.#parts.database?.families() ?? []),
    ]
  }

  /** What is counted in the store; nothing while it cannot be read. */
  async #ofStore(): Promise<Family[]> {
    if (this.#parts.database?.isUp === false) return []
    let counted: StoreStatistics
    try {
      counted = await this.#counted()
    } catch (error) {
      if (isUnavailable(error)) return []
      throw error
    }
    const { keys, nextExpiryAt, nextDeletionAt, auditRecords } = counted
    const until = (at: number | null): { labels: object; value: number }[] =>
      at === null ? [] : [{ labels: {}, value: (at - this.#parts.now()) / 1000 }]
    return [
      gauge(
        'holdfast_keys',
        'Keys by state and origin',
        keys.map(({ state, origin, count }) => ({ labels: { state, origin }, value: count })),
      ),
      gauge(
        'holdfast_next_expiry_seconds',
        'Time until the next material expires',
        until(nextExpiryAt) as never,
      ),
      gauge(
        'holdfast_next_deletion_seconds',
        'Time until the next key is deleted',
        until(nextDeletionAt) as never,
      ),
      gauge('holdfast_audit_records', 'Records in the audit log', auditRecords),
    ]
  }

  #counted(): Promise<StoreStatistics> {
    const { reports, now } = this.#parts
    if (
      this.#statistics === undefined ||
      performance.now() - this.#statistics.at > statisticsEveryMs
    ) {
      const counted = { at: performance.now(), found: reports.statistics(now()) }
      this.#statistics = counted
      // A refused count, for example by a full queue, is not kept: the next scrape counts again.
      counted.found.catch(() => {
        if (this.#statistics === counted) this.#statistics = undefined
      })
    }
    return this.#statistics.found
  }
}
