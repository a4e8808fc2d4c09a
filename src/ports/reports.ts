/**
 * What is looked up across many keys or records: done in a thread of its own, so that no request
 * waits behind it.
 */
import type { Finding } from '../domain/keys/findings.ts'
import type { KeyRow, KeyUseRow } from '../domain/rows.ts'
import type { Turn } from '../domain/turns.ts'
import type {
  Found,
  KeyCount,
  KeyListing,
  KeySearch,
  ReportReader,
  RetirableGrants,
  TaggedKeys,
  UnfinishedImports,
} from './store.ts'

export type AuditQuery = {
  readonly projectId: string
  /**
   * Each of the lists: any of these, or null for all. Keys by their IDs or what stands for one
   * (`standsFor`).
   */
  readonly keys: readonly string[] | null
  readonly operations: readonly string[] | null
  /** Like keys, or `unknownCaller`, or `theService`. */
  readonly principals: readonly string[] | null
  /** `refused` for every outcome but `ok`. */
  readonly outcomes: readonly string[] | null
  /** Whether what consoles read to show their pages (`isConsoleRead`) is left out, and counted. */
  readonly hidesReads: boolean
  /**
   * Whether records of no project are looked at as well: those of callers who are not known, if the
   * project is the deployment's first one.
   */
  readonly withStrangers: boolean
  /** Milliseconds since 1970, both inclusive. */
  readonly from: number | null
  readonly to: number | null
  /** Records before this place in the log; null to begin with the newest. */
  readonly before: number | null
  readonly limit: number
  /** Records that are looked at at most before the search says how far it came; usually many. */
  readonly looksAt?: number
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
  /**
   * Time of the oldest record that was looked at, when the search ended before it found enough;
   * null otherwise.
   */
  readonly searchedTo: number | null
  /** Calls that match and were left out, because a console read them to show its pages. */
  readonly hidden: number
  /** Whether records of no project were looked at. */
  readonly withStrangers: boolean
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
  readonly findings: readonly Finding[]
  readonly keys: readonly KeyCount[]
  readonly busiest: readonly {
    readonly key: Pick<KeyRow, 'id' | 'alias'>
    readonly calls: number
    readonly lastUsedAt: number | null
  }[]
  readonly timeline: readonly TimelineEntry[]
  readonly unfinishedImports: number
}

/** A tag's name, with the values that go with it. */
export type ProjectTag = { readonly name: string; readonly values: readonly string[] }

/**
 * IDs are of unverified rows: whoever shows them loads and verifies them. What else comes back is
 * verified. `turn` says whose turn a question takes; it is refused with `busy` when too many wait.
 */
export interface Reports {
  searchAudit(turn: Turn, query: AuditQuery): Promise<AuditPage>
  searchKeys(
    turn: Turn,
    search: KeySearch,
  ): Promise<Found & { readonly uses: readonly KeyUseRow[] }>
  listKeys(turn: Turn, listing: KeyListing): ReturnType<ReportReader['listKeys']>
  countKeys(turn: Turn, projectId: string): Promise<number>
  keysByTags(turn: Turn, query: TaggedKeys): Promise<Found>
  /** The names in order. @param limit pairs of name and value that are looked at. */
  projectTags(turn: Turn, projectId: string, limit: number): Promise<readonly ProjectTag[]>
  retirableGrants(turn: Turn, query: RetirableGrants): ReturnType<ReportReader['retirableGrants']>
  unfinishedImports(
    turn: Turn,
    query: UnfinishedImports,
  ): ReturnType<ReportReader['unfinishedImports']>
  keyUse(turn: Turn, keyId: string): Promise<KeyUseRow | undefined>
  /** @param widthMs one of `callWidths`. */
  calls(turn: Turn, projectId: string, widthMs: number, from: number): Promise<readonly CallCount[]>
  overview(turn: Turn, projectId: string, drillDays: number, now: number): Promise<Overview>
}

/** LogSegments of time in which calls are counted, and how long each kind is kept. */
export const callWidths = [
  { widthMs: 300_000, keptMs: 8 * 86_400_000 },
  { widthMs: 3_600_000, keptMs: 400 * 86_400_000 },
] as const
