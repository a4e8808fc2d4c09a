/** Numbers, times, sizes and IDs in the form of the person's language and time zone. */
import { instantText, isDate } from '../../../../src/domain/instants.ts'
import { language } from '../../app/settings.ts'

export { shortId } from '../../../../src/domain/short-ids.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

/** Never throws: what the server has stored is shown, be it a date or not. */
function format(name: string, options: Intl.DateTimeFormatOptions): { format(at: number): string } {
  const shown = dateFormat(name, options)
  return { format: (at) => (isDate(at) ? shown.format(at) : instantText(at)) }
}

function dateFormat(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  // Day before month, as most of the world has it.
  const locale = language.get() === 'en' ? 'en-GB' : 'zh-CN'
  const key = `${locale}/${name}`
  const found = formats.get(key) ?? new Intl.DateTimeFormat(locale, options)
  formats.set(key, found)
  return found
}

const day = { day: 'numeric', month: 'short', year: 'numeric' } as const
const minute = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const second = { ...minute, second: '2-digit' } as const

/** "24 Nov 2026, 01:31". */
export function shortTime(at: number): string {
  return format('short', { ...day, ...minute }).format(at)
}

/** "24 Nov 2026". */
export function shortDay(at: number): string {
  return format('day', day).format(at)
}

/** "24 Nov 2026, 01:30–01:35"; the day of both ends where they differ. */
export function timeRange(from: number, to: number): string {
  if (shortDay(from) !== shortDay(to)) return `${shortTime(from)} – ${shortTime(to)}`
  return `${shortTime(from)}–${format('minute', minute).format(to)}`
}

/** "01:31:20". */
export function clockTime(at: number): string {
  return format('clock', second).format(at)
}

/**
 * "Tue 24 Nov 2026, 01:31:20 (UTC+01:00) = 00:31:20 UTC"; the day is given twice where it differs.
 */
export function fullTime(at: number): string {
  if (!isDate(at)) return instantText(at)
  const local = format('full', { weekday: 'short', ...day, ...second }).format(at)
  const sameDay =
    format('day', day).format(at) === format('utc-day', { ...day, timeZone: 'UTC' }).format(at)
  const utc = sameDay
    ? format('utc-clock', { ...second, timeZone: 'UTC' })
    : format('utc-full', { weekday: 'short', ...day, ...second, timeZone: 'UTC' })
  return `${local} (${zone(at)}) = ${utc.format(at)} UTC`
}

/** "UTC+08:00", as it is on that day. */
function zone(at: number): string {
  const minutes = -new Date(at).getTimezoneOffset()
  const size = Math.abs(minutes)
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `UTC${minutes < 0 ? '-' : '+'}${two(size / 60)}:${two(size % 60)}`
}

const units = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
] as const

/** "2 min ago", "in 9 days". Shown next to an exact time, never alone. */
export function relativeTime(at: number, now: number): string {
  const locale = language.get() === 'en' ? 'en-GB' : 'zh-CN'
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'long' })
  let value = (at - now) / 1000
  for (const [unit, next] of units) {
    // A number and the Chinese characters after it are set apart, as in all our texts.
    if (Math.abs(value) < next)
      return words.format(Math.trunc(value), unit).replace(/(\d)(\p{Script=Han})/u, '$1 $2')
    value /= next
  }
  return shortDay(at)
}

export function wholeNumber(value: number): string {
  return new Intl.NumberFormat(language.get()).format(value)
}

/** "Encrypt, Decrypt, Sign"; with an "and" where the language cannot do without. */
export function enumeration(names: readonly string[]): string {
  return new Intl.ListFormat(language.get(), { style: 'narrow', type: 'conjunction' }).format(names)
}

/** Groups of four hexadecimal digits: "7F3A-91C2-04BE-D815". */
export function groupedHex(hex: string): string {
  return (hex.toUpperCase().match(/.{1,4}/g) ?? []).join('-')
}
