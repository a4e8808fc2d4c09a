/**
 * How a key was used recently: calls by hour and by day, and who called. Bounded, so that it is one
 * small row per key.
 */

export const hourMs = 3_600_000
export const dayMs = 86_400_000
const hoursKept = 24
export const daysKept = 31
const callersKept = 50

/**
 * Calls that were allowed and calls that were refused in the hour or day that begins at `startsAt`.
 */
export type Calls = readonly [startsAt: number, allowed: number, refused: number]

export type RecentUse = {
  readonly hours: readonly Calls[]
  readonly days: readonly Calls[]
  /** The latest callers with the time of their last call, the latest first. */
  readonly callers: readonly (readonly [principal: string, lastAt: number])[]
}

export const neverUsed: RecentUse = { hours: [], days: [], callers: [] }

export type OneUse = {
  readonly at: number
  readonly allowed: boolean
  readonly principal: string | null
  readonly count: number
}

/** The same with one more use added and entries that are too old by then removed. */
export function withUse(use: RecentUse, { at, allowed, principal, count }: OneUse): RecentUse {
  const callers = use.callers.filter(([name]) => name !== principal)
  const [, seenAt = at] = use.callers.find(([name]) => name === principal) ?? []
  return {
    hours: counted(use.hours, hourMs, hoursKept, at, allowed, count),
    days: counted(use.days, dayMs, daysKept, at, allowed, count),
    callers:
      principal === null
        ? use.callers
        : [[principal, Math.max(at, seenAt)] as const, ...callers]
            .toSorted(([, a], [, b]) => b - a)
            .slice(0, callersKept),
  }
}

function counted(
  calls: readonly Calls[],
  width: number,
  kept: number,
  at: number,
  allowed: boolean,
  count: number,
): readonly Calls[] {
  const startsAt = Math.floor(at / width) * width
  const [, before = 0, refused = 0] = calls.find(([one]) => one === startsAt) ?? []
  const added: Calls = allowed
    ? [startsAt, before + count, refused]
    : [startsAt, before, refused + count]
  const others = calls.filter(([one]) => one !== startsAt && one > startsAt - kept * width)
  return [...others, added].toSorted(([a], [b]) => a - b)
}

/** Calls since an instant, as precisely as hours or days allow. */
export function callsSince(
  calls: readonly Calls[],
  since: number,
): { readonly allowed: number; readonly refused: number } {
  let allowed = 0
  let refused = 0
  for (const [startsAt, a, r] of calls) {
    if (startsAt < since) continue
    allowed += a
    refused += r
  }
  return { allowed, refused }
}

export type UseSince = {
  readonly allowed: number
  readonly refused: number
  readonly callers: number
}

/** The same with the number of callers. */
export function useSince(use: RecentUse, by: 'hours' | 'days', since: number): UseSince {
  return {
    ...callsSince(use[by], since),
    callers: use.callers.filter(([, at]) => at >= since).length,
  }
}
