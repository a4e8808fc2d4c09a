/**
 * Lookups across many keys or records: done in a thread of their own, so that no request waits for
 * them.
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
   * For each of these lists: any of its values, or null for all. Keys by their IDs or texts that
   * match one (`standsFor`).
   */
  readonly keys: readonly string[] | null
  readonly operations: readonly string[] | null
  /** Like keys, or `unknownCaller`, or `theService`. */
  readonly principals: readonly string[] | null
  /** `refused` for every outcome except `ok`. */
  readonly outcomes: readonly string[] | null
  /** Whether what consoles read to show their pages (`isConsoleRead`) is omitted, and counted. */
  readonly hidesReads: boolean
  /**
   * Whether records without a project are searched as well, if the project is the deployment's
   * first one: those of unknown callers.
   */
  readonly withStrangers: boolean
  /** Milliseconds since 1970, both inclusive. */
  readonly from: number | null
  readonly to: number | null
  /** Records before these places in the logs, `next` of a page; null to begin with the newest. */
  readonly before: string | null
  readonly limit: number
  /**
   * Maximum number of records that are checked before the search reports how far it got; by default
   * many.
   */
  readonly looksAt?: number
}

export type AuditLine = {
  /** Place in the log of its node. */
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
  /** Where a search for more continues; null if nothing before this is left to search. */
  readonly next: string | null
  /**
   * Time of the oldest record that was checked, if the search ended before it found enough;
   * otherwise null.
   */
  readonly searchedTo: number | null
  /** Calls that match but were omitted, because a console read them to show its pages. */
  readonly hidden: number
  /** Whether records without a project were searched. */
  readonly withStrangers: boolean
}

/** Calls by operation and outcome in an interval of time. */
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

/** A tag's name, with its values. */
export type ProjectTag = { readonly name: string; readonly values: readonly string[] }

/**
 * IDs are of unverified rows: callers load and verify the rows they show. Everything else in the
 * results is verified. `turn` says whose turn a query uses; it is refused with `busy` if too many
 * are waiting.
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
  /** The names in order. @param limit pairs of name and value that are read. */
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

/** Lengths of the intervals in which calls are counted, and how long each kind is kept. */
export const callWidths = [
  { widthMs: 300_000, keptMs: 8 * 86_400_000 },
  { widthMs: 3_600_000, keptMs: 400 * 86_400_000 },
] as const
