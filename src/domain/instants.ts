/**
 * Instants: milliseconds since 1970, whichever unit or words a caller gives them in; those that
 * cannot be intended are refused.
 */
import { KmsError } from './errors.ts'

/**
 * The last instant that an API accepts: the end of the year 9999, after which no common date format
 * has room for the year.
 */
export const latestInstant = Date.UTC(10_000, 0) - 1

/** The unit in which an API counts instants. */
export type InstantUnit = 'seconds' | 'milliseconds'

/** Nanoseconds in each. */
const units = {
  seconds: 1_000_000_000n,
  milliseconds: 1_000_000n,
  microseconds: 1000n,
  nanoseconds: 1n,
} as const
type Unit = keyof typeof units

/**
 * A caller means an instant in one of these years. One that is outside them in the unit given and
 * inside them in another was counted in the other.
 */
const likely = { from: Date.UTC(2000, 0), to: Date.UTC(2200, 0) } as const

/**
 * An instant as a caller counted it.
 * @param name of the field or flag, for the refusal.
 * @param count whole, from 0.
 * @returns milliseconds since 1970.
 * @throws KmsError parameter-invalid for one after the year 9999, and for one that was most likely
 * counted in another unit, which it names.
 */
export function instantFrom(name: string, count: number, unit: InstantUnit): number {
  const ms = millisOf(count, unit)
  const isThere =
    Number.isSafeInteger(count) && Number.isSafeInteger(ms) && ms >= 0 && ms <= latestInstant
  if (isThere && (ms === 0 || ms >= likely.from)) return ms
  const meant = Number.isInteger(count) && count > 0 ? likelyUnit(count, unit) : undefined
  if (meant === undefined && isThere) return ms
  throw new KmsError(
    'parameter-invalid',
    meant === undefined ? rangeText(name, unit) : unitText(name, count, unit, meant),
  )
}

/** The same check for an instant that is already in milliseconds. */
export function checkInstant(name: string, ms: number): void {
  instantFrom(name, ms, 'milliseconds')
}

/** By whole factors, so that nothing is rounded too early. */
function millisOf(count: number, unit: Unit): number {
  const [size, millisecond] = [units[unit], units.milliseconds]
  return size >= millisecond
    ? count * Number(size / millisecond)
    : count / Number(millisecond / size)
}

function likelyUnit(count: number, asked: InstantUnit): Unit | undefined {
  const others = (Object.keys(units) as Unit[]).filter((unit) => unit !== asked)
  return others.find(
    (unit) => millisOf(count, unit) >= likely.from && millisOf(count, unit) < likely.to,
  )
}

function rangeText(name: string, unit: InstantUnit): string {
  const counted = unit === 'seconds' ? ', in seconds since 1970' : ''
  return `${name} must be an instant from 1970-01-01T00:00:00Z to ${instantText(latestInstant)}${counted}`
}

function unitText(name: string, count: number, unit: InstantUnit, meant: Unit): string {
  const right = (BigInt(count) * units[meant]) / units[unit]
  return `${name}: ${count} is the year ${yearOf(millisOf(count, unit))}; was it ${meant}? ${name} takes ${unit}: ${right}`
}

/**
 * The Gregorian calendar repeats every 400 years, and a caller can write dates beyond the range of
 * JavaScript's.
 */
function yearOf(ms: number): number {
  const cycle = 146_097 * 86_400_000
  const cycles = Math.floor(ms / cycle)
  return new Date(ms - cycles * cycle).getUTCFullYear() + 400 * cycles
}

const months =
  'January February March April May June July August September October November December'.split(' ')
const written =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?)?$/
const example = '2027-01-31T12:00:00Z'
/** Offsets of the time zones in use: from Baker Island to the Line Islands. */
const offsets = { least: -12 * 60, most: 14 * 60 } as const

/**
 * An instant as a person writes it: ISO 8601 with date, time of day and time zone, to the second.
 * @returns milliseconds since 1970.
 * @throws KmsError parameter-invalid that says which part of it does not exist.
 */
export function instantOfText(name: string, text: string): number {
  const fault = (why: string): KmsError =>
    new KmsError('parameter-invalid', `${name} ${text}: ${why}`)
  if (/^\d{6,}$/.test(text)) {
    const unit = likelyUnitOfText(Number(text))
    const hint =
      unit === undefined
        ? ''
        : `: ${instantText(millisOf(Number(text), unit)).replace(/\.\d+Z$/, 'Z')}, if these are ${unit}`
    throw fault(`a number is not a date${hint}`)
  }
  const clock = clockOf(text)
  if (typeof clock === 'string') throw fault(clock)
  const { zone, ms } = clock
  if (clock.hour === undefined)
    throw fault(`it has no time of day: ${text}T00:00:00Z is its start in UTC`)
  if (clock.fraction !== undefined)
    throw fault('it has a fraction of a second; only whole seconds are accepted')
  if (zone === undefined)
    throw fault(`it has no time zone: add Z for UTC, or an offset such as +08:00`)
  const minutes = offsetOf(zone)
  if (minutes === undefined)
    throw fault(`${zone} is not a time zone offset, which range from -12:00 to +14:00`)
  const instant = ms - minutes * 60_000
  if (instant > latestInstant) throw fault('its year in UTC is after 9999')
  if (instant < 0) throw fault('its year in UTC is before 1970')
  return instant
}

/**
 * What is wrong with a date and time of day as browser fields hold them, without a time zone;
 * undefined if nothing is.
 */
export function calendarFault(text: string): string | undefined {
  const clock = clockOf(text)
  return typeof clock === 'string' ? clock : undefined
}

function likelyUnitOfText(count: number): Unit | undefined {
  return (Object.keys(units) as Unit[]).find(
    (unit) => millisOf(count, unit) >= likely.from && millisOf(count, unit) < likely.to,
  )
}

type Clock = {
  readonly hour: string | undefined
  readonly fraction: string | undefined
  readonly zone: string | undefined
  /** As if it were UTC. */
  readonly ms: number
}

/** @returns a text that says which part of it does not exist, if one does not. */
function clockOf(text: string): Clock | string {
  const found = written.exec(text)
  if (found === null) return `it is not in the form of a time such as ${example}`
  const [, year = '', month = '', day = '', hour, minute = '0', second = '0', fraction, zone] =
    found
  if (Number(year) > 9999) return 'its year is after 9999'
  if (Number(year) < 1970) return 'its year is before 1970'
  const name = months[Number(month) - 1]
  if (name === undefined) return `there is no month ${month}`
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (Number(day) < 1 || Number(day) > days) return `${name} ${Number(year)} has ${days} days`
  if (Number(hour ?? 0) > 23) return `there is no hour ${hour}; the day ends at 23:59:59`
  if (Number(minute) > 59) return `there is no minute ${minute}`
  if (Number(second) > 59) return `there is no second ${second}`
  const ms = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute),
    Number(second),
  )
  return { hour, fraction, zone, ms }
}

/** Minutes east of UTC. */
function offsetOf(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))]
  const offset = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
  return minutes > 59 || offset < offsets.least || offset > offsets.most ? undefined : offset
}

/**
 * ISO 8601 in UTC. Never throws: a value that is not a valid date is shown as the number that it
 * is.
 */
export function instantText(ms: number): string {
  return isDate(ms) ? new Date(ms).toISOString() : `${ms} ms`
}

/** Whether it is a valid date; an older version may have stored one that is not. */
export function isDate(ms: number): boolean {
  return !Number.isNaN(new Date(ms).getTime())
}
