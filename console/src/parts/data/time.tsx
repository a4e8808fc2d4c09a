/**
 * Times: exact in the person's zone, with UTC in the long form; a relative word only next to an
 * exact time.
 */
import { useEffect, useReducer, useState } from 'react'
import { instantText } from '../../../../src/domain/instants.ts'
import { fullTime, relativeTime, shortTime } from './format.ts'

/** The present, as often as asked for. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

/** Longer than a timer can wait is looked at again before. */
const longestTimerMs = 2_147_483_647

/**
 * Whether an instant is over, from that very instant on.
 * @param at milliseconds since 1970; null never comes.
 */
export function useIsOver(at: number | null): boolean {
  const [, look] = useReducer((count: number) => count + 1, 0)
  const isOver = at !== null && at <= Date.now()
  useEffect(() => {
    if (at === null || isOver) return
    let timer: ReturnType<typeof setTimeout>
    const wait = (): void => {
      const left = at - Date.now()
      if (left <= 0) return look()
      timer = setTimeout(wait, Math.min(left, longestTimerMs))
    }
    wait()
    return () => clearTimeout(timer)
  }, [at, isOver])
  return isOver
}

/** "24 Nov 2026, 01:31"; the full form is its hint. */
export function ShortTime({ at }: { readonly at: number }) {
  return (
    <time dateTime={instantText(at)} title={fullTime(at)} className="time">
      {shortTime(at)}
    </time>
  )
}

export function FullTime({ at }: { readonly at: number }) {
  return <time dateTime={instantText(at)}>{fullTime(at)}</time>
}

/** "2 min ago" for a table, with the exact time as its hint and for screen readers. */
export function RelativeTime({ at }: { readonly at: number }) {
  const now = useNow(30_000)
  return (
    <time dateTime={instantText(at)} title={fullTime(at)} className="time">
      {relativeTime(at, now)}
      <span className="sr-only">, {shortTime(at)}</span>
    </time>
  )
}
