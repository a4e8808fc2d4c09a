/** A request thread's way to the thread that looks things up across many keys or records. */
import type { MessagePort } from 'node:worker_threads'
import type { KeyUseRow } from '../domain/rows.ts'
import type { AuditPage, AuditQuery, CallCount, Overview, Reports } from '../ports/reports.ts'
import type { KeySearch } from '../ports/store.ts'
import { JobClient } from './jobs.ts'

export type ReportJob =
  | { readonly kind: 'audit'; readonly query: AuditQuery }
  | { readonly kind: 'keys'; readonly search: KeySearch }
  | { readonly kind: 'use'; readonly keyId: string }
  | { readonly kind: 'calls'; readonly projectId: string; readonly widthMs: number; readonly from: number }
  | { readonly kind: 'overview'; readonly projectId: string; readonly drillDays: number; readonly now: number }

/** Reports that one request thread may wait for at once. */
const waitingLimit = 64

export class ReportsClient implements Reports {
  readonly #jobs: JobClient<ReportJob>

  constructor(port: MessagePort) {
    this.#jobs = new JobClient([port], waitingLimit)
  }

  searchAudit(query: AuditQuery): Promise<AuditPage> {
    return this.#jobs.run({ kind: 'audit', query })
  }

  searchKeys(search: KeySearch): ReturnType<Reports['searchKeys']> {
    return this.#jobs.run({ kind: 'keys', search })
  }

  keyUse(keyId: string): Promise<KeyUseRow | undefined> {
    return this.#jobs.run({ kind: 'use', keyId })
  }

  calls(projectId: string, widthMs: number, from: number): Promise<readonly CallCount[]> {
    return this.#jobs.run({ kind: 'calls', projectId, widthMs, from })
  }

  overview(projectId: string, drillDays: number, now: number): Promise<Overview> {
    return this.#jobs.run({ kind: 'overview', projectId, drillDays, now })
  }

  close(): void {
    this.#jobs.close()
  }
}
