/** A request thread's way to the thread that looks things up across many keys or records. */
import type { MessagePort } from 'node:worker_threads'
import type { KeyUseRow } from '../domain/rows.ts'
import type { Turn } from '../domain/turns.ts'
import type { AuditPage, AuditQuery, CallCount, Overview, ProjectTag, Reports } from '../ports/reports.ts'
import type { KeyListing, KeySearch, RetirableGrants, StoreStatistics, TaggedKeys, UnfinishedImports } from '../ports/store.ts'
import { JobClient, serviceTurn } from './jobs.ts'

export type ReportJob =
  | { readonly kind: 'audit'; readonly query: AuditQuery }
  | { readonly kind: 'search'; readonly search: KeySearch }
  | { readonly kind: 'list'; readonly listing: KeyListing }
  | { readonly kind: 'count'; readonly projectId: string }
  | { readonly kind: 'tagged'; readonly query: TaggedKeys }
  | { readonly kind: 'tags'; readonly projectId: string; readonly limit: number }
  | { readonly kind: 'retirable'; readonly query: RetirableGrants }
  | { readonly kind: 'imports'; readonly query: UnfinishedImports }
  | { readonly kind: 'use'; readonly keyId: string }
  | { readonly kind: 'calls'; readonly projectId: string; readonly widthMs: number; readonly from: number }
  | { readonly kind: 'overview'; readonly projectId: string; readonly drillDays: number; readonly now: number }
  /** Of the whole service. */
  | { readonly kind: 'statistics'; readonly now: number }

export class ReportsClient implements Reports {
  readonly #jobs: JobClient<ReportJob>

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

  unfinishedImports(turn: Turn, query: UnfinishedImports): ReturnType<Reports['unfinishedImports']> {
    return this.#jobs.run(turn, { kind: 'imports', query })
  }

  keyUse(turn: Turn, keyId: string): Promise<KeyUseRow | undefined> {
    return this.#jobs.run(turn, { kind: 'use', keyId })
  }

  calls(turn: Turn, projectId: string, widthMs: number, from: number): Promise<readonly CallCount[]> {
    return this.#jobs.run(turn, { kind: 'calls', projectId, widthMs, from })
  }

  overview(turn: Turn, projectId: string, drillDays: number, now: number): Promise<Overview> {
    return this.#jobs.run(turn, { kind: 'overview', projectId, drillDays, now })
  }

  /** Figures about all projects together. */
  statistics(now: number): Promise<StoreStatistics> {
    return this.#jobs.run(serviceTurn, { kind: 'statistics', now })
  }

  close(): void {
    this.#jobs.close()
  }
}
