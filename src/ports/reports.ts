/** What is looked up across many keys or records: done in a thread of its own, so that no request waits behind it. */
import type { CareItem } from '../domain/care.ts'
import type { KeyRow, KeyTagRow, KeyUseRow } from '../domain/rows.ts'
import type { KeyCount, KeySearch } from './store.ts'

export type AuditQuery = {
  readonly projectId: string
  readonly keyId: string | null
  readonly operation: string | null
  readonly principal: string | null
  /** `refused` for every outcome but `ok`. */
  readonly outcome: string | null
  /** Milliseconds since 1970, both inclusive. */
  readonly from: number | null
  readonly to: number | null
  /** Records before this place in the log; null to begin with the newest. */
  readonly before: number | null
  readonly limit: number
}

export type AuditLine = {
  readonly index: number
  readonly timeMs: number
  readonly node: string
  readonly requestId: string
  readonly dialect: string
  readonly operation: string
  readonly principal: string | null
  readonly source: string
  readonly keyId: string | null
  readonly keyRevision: number | null
  readonly materialVersion: number | null
  readonly outcome: string
  readonly tries: number
  readonly count: number
  readonly detail: string | null
}

export type AuditPage = {
  readonly records: readonly AuditLine[]
  /** Where a search for more goes on; null when nothing before this is left to look at. */
  readonly next: number | null
  /** Time of the oldest record that was looked at, when the search ended before it found enough; null otherwise. */
  readonly searchedTo: number | null
}

/** Calls by operation and outcome in a stretch of time. */
export type CallCount = {
  readonly startsAt: number
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export type TimelineEntry = {
  readonly at: number
  readonly kind: 'expiry' | 'rotation' | 'deletion'
  readonly key: Pick<KeyRow, 'id' | 'alias'>
}

export type Overview = {
  readonly care: readonly CareItem[]
  readonly keys: readonly KeyCount[]
  readonly busiest: readonly {
    readonly key: Pick<KeyRow, 'id' | 'alias'>
    readonly calls: number
    readonly lastUsedAt: number | null
  }[]
  readonly timeline: readonly TimelineEntry[]
}

export interface Reports {
  searchAudit(query: AuditQuery): Promise<AuditPage>
  /** Unverified rows of keys and tags, verified ones of their use. */
  searchKeys(search: KeySearch): Promise<{
    readonly keys: readonly KeyRow[]
    readonly tags: readonly KeyTagRow[]
    readonly uses: readonly KeyUseRow[]
    readonly total: number
  }>
  keyUse(keyId: string): Promise<KeyUseRow | undefined>
  /** @param widthMs one of `callWidths`. */
  calls(projectId: string, widthMs: number, from: number): Promise<readonly CallCount[]>
  overview(projectId: string, drillDays: number, now: number): Promise<Overview>
}

/** Stretches of time in which calls are counted, and how long each kind is kept. */
export const callWidths = [
  { widthMs: 300_000, keptMs: 8 * 86_400_000 },
  { widthMs: 3_600_000, keptMs: 400 * 86_400_000 },
] as const
