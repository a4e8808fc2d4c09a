/** Times: exact in the person's zone, with UTC in the long form; a relative word only beside an exact time. */
import { useEffect, useState } from 'react'
import { fullTime, relativeTime, shortTime } from '../format.ts'

/** The present, as often as asked for. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

/** "24 Nov 2026, 01:31"; the full form is its hint. */
export function ShortTime({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)} className="time">
      {shortTime(at)}
    </time>
  )
}

export function FullTime({ at }: { readonly at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{fullTime(at)}</time>
}

/** "2 min ago" for a table, with the exact time as its hint and for whoever does not see. */
export function RelativeTime({ at }: { readonly at: number }) {
  const now = useNow(30_000)
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)} className="time">
      {relativeTime(at, now)}
      <span className="sr-only">, {shortTime(at)}</span>
    </time>
  )
}
