/**
 * What somebody has to look at while the service goes on: raised in any thread, seen in all of
 * them, without a message.
 */
import type { Clock } from '../ports/clock.ts'

/** Each alarm with its text, and whether the service counts as not ready while it is raised. */
const alarms = {
  'erasure-waits': {
    text: 'an erasure waits until a reader of the database file ends (a backup, a shell), and holds up nothing else',
    red: false,
  },
  'schema-altered': {
    text: 'somebody changed the schema of the database: the log of the server names what',
    red: true,
  },
  'audit-log-altered': {
    text: 'somebody changed the audit log in the database: the log of the server names where',
    red: true,
  },
} as const satisfies Record<string, { readonly text: string; readonly red: boolean }>

export type AlarmName = keyof typeof alarms
export const alarmNames = Object.keys(alarms) as readonly AlarmName[]
/** Those that make the service count as not ready. */
export const redAlarmNames = alarmNames.filter((name) => alarms[name].red)

/** An alarm that is raised, as a line for people. */
export type RaisedAlarm = { readonly name: AlarmName; readonly text: string; readonly red: boolean }

export class Alarms {
  /** Give it to another thread to see the same alarms there. */
  readonly memory: SharedArrayBuffer
  readonly #raisedAt: BigInt64Array
  readonly #clock: Clock

  constructor(
    clock: Clock,
    memory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT * alarmNames.length),
  ) {
    this.memory = memory
    this.#clock = clock
    this.#raisedAt = new BigInt64Array(memory)
  }

  /** One that is raised already keeps its time. @param holdsForMs how long it has held already. */
  raise(name: AlarmName, holdsForMs = 0): void {
    const since = BigInt(Math.round(this.#clock.wallNow() - holdsForMs))
    Atomics.compareExchange(this.#raisedAt, alarmNames.indexOf(name), 0n, since)
  }

  clear(name: AlarmName): void {
    Atomics.store(this.#raisedAt, alarmNames.indexOf(name), 0n)
  }

  raised(): RaisedAlarm[] {
    return alarmNames.flatMap((name, i) => {
      const at = Number(Atomics.load(this.#raisedAt, i))
      if (at === 0) return []
      const { text, red } = alarms[name]
      return [{ name, red, text: `since ${new Date(at).toISOString()}: ${text}` }]
    })
  }
}
