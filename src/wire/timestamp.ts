/** The timestamp of signed requests: ISO 8601 basic form in UTC, such as 20261124T001100Z. */
import { WireError } from './wire-error.ts'

const basic = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

/** Requests within one second carry the same text. */
let last = { text: '', time: 0 }

/**
 * Milliseconds since 1970.
 * @throws WireError bad-timestamp, also for a day that its month does not have.
 */
export function parseBasicTimestamp(text: string): number {
  if (text === last.text) return last.time
  const [year, month, day, hour, minute, second] = (basic.exec(text) ?? []).slice(1).map(Number)
  const time = Date.UTC(year ?? Number.NaN, (month ?? 0) - 1, day, hour, minute, second)
  if (Number.isNaN(time) || formatBasicTimestamp(time) !== text)
    throw new WireError('bad-timestamp', 'a timestamp must have the form 20261124T001100Z')
  last = { text, time }
  return time
}

/** @param ms between the years 0 and 9999. */
export function formatBasicTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}
