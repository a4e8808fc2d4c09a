/** A request thread's client of the thread that searches many keys or records. */
import type { MessagePort } from 'node:worker_threads'
import type { KeyUseRow } from '../domain/rows.ts'
import type { Turn } from '../domain/turns.ts'
import type {
  AuditPage,
  AuditQuery,
  CallCount,
  Overview,
  ProjectTag,
  Reports,
} from '../ports/reports.ts'
import type {
  KeyListing,
  KeySearch,
  RetirableGrants,
  StoreStatistics,
  TaggedKeys,
  UnfinishedImports,
} from '../ports/store.ts'
import { JobClient, serviceTurn } from './jobs.ts'

/** The queries of the reports thread: those of `Reports`, and figures of the whole service. */
export type ReportKinds = {
  audit: { job: { readonly query: AuditQuery }; answer: AuditPage }
  search: { job: { readonly search: KeySearch }; answer: Answer<'searchKeys'> }
  list: { job: { readonly listing: KeyListing }; answer: Answer<'listKeys'> }
  count: { job: { readonly projectId: string }; answer: number }
  tagged: { job: { readonly query: TaggedKeys }; answer: Answer<'keysByTags'> }
  tags: {
    job: { readonly projectId: string; readonly limit: number }
    answer: readonly ProjectTag[]
  }
  retirable: { job: { readonly query: RetirableGrants }; answer: Answer<'retirableGrants'> }
  imports: { job: { readonly query: UnfinishedImports }; answer: Answer<'unfinishedImports'> }
  use: { job: { readonly keyId: string }; answer: KeyUseRow | undefined }
  calls: {
    job: { readonly projectId: string; readonly widthMs: number; readonly from: number }
    answer: readonly CallCount[]
  }
  overview: {
    job: { readonly projectId: string; readonly drillDays: number; readonly now: number }
    answer: Overview
  }
  statistics: { job: { readonly now: number }; answer: StoreStatistics }
}
type Answer<Name extends keyof Reports> = Awaited<ReturnType<Reports[Name]>>

export class ReportsClient implements Reports {
  readonly #jobs: JobClient<ReportKinds>

  constructor(port: MessagePort) {
    this.#jobs = new JobClient([port])
  }

  searchAudit(turn: Turn, query: AuditQuery): Promise<AuditPage> {
    return this.#jobs.run(turn, { kind: 'audit', query })
  }

  searchKeys(turn: Turn, search: KeySearch): ReturnType<Reports['searchKeys']> {
    return this.#jobs.run(turn, { kind: 'search', search })
  }

  listKeys(turn: Turn, listing: KeyListing): ReturnType<Reports['listKeys']> {
    return this.#jobs.run(turn, { kind: 'list', listing })
  }

  countKeys(turn: Turn, projectId: string): Promise<number> {
    return this.#jobs.run(turn, { kind: 'count', projectId })
  }

  keysByTags(turn: Turn, query: TaggedKeys): ReturnType<Reports['keysByTags']> {
    return this.#jobs.run(turn, { kind: 'tagged', query })
  }

  projectTags(turn: Turn, projectId: string, limit: number): Promise<readonly ProjectTag[]> {
    return this.#jobs.run(turn, { kind: 'tags', projectId, limit })
  }

  retirableGrants(turn: Turn, query: RetirableGrants): ReturnType<Reports['retirableGrants']> {
    return this.#jobs.run(turn, { kind: 'retirable', query })
  }

  unfinishedImports(
    turn: Turn,
    query: UnfinishedImports,
  ): ReturnType<Reports['unfinishedImports']> {
    return this.#jobs.run(turn, { kind: 'imports', query })
  }

  keyUse(turn: Turn, keyId: string): Promise<KeyUseRow | undefined> {
    return this.#jobs.run(turn, { kind: 'use', keyId })
  }

  calls(
    turn: Turn,
    projectId: string,
    widthMs: number,
    from: number,
  ): Promise<readonly CallCount[]> {
    return this.#jobs.run(turn, { kind: 'calls', projectId, widthMs, from })
  }

  overview(turn: Turn, projectId: string, drillDays: number, now: number): Promise<Overview> {
    return this.#jobs.run(turn, { kind: 'overview', projectId, drillDays, now })
  }

  /** Totals over all projects. */
  statistics(now: number): Promise<StoreStatistics> {
    return this.#jobs.run(serviceTurn, { kind: 'statistics', now })
  }

  close(): void {
    this.#jobs.close()
  }
}
