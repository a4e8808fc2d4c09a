/**
 * What needs attention while the service continues: raised in any thread, seen in all of them,
 * without a message.
 */
import type { Clock } from '../ports/clock.ts'

/** Each alarm with its text, and whether the service counts as not ready while it is raised. */
const alarms = {
  'erasure-waits': {
    text: 'an erasure is waiting for a reader of the database file to end (a backup, a shell); nothing else is affected',
    red: false,
  },
  'schema-altered': {
    text: 'the schema of the database was modified: see the server log for what',
    red: true,
  },
  'database-unreachable': {
    text: 'the database does not answer; calls that need it are refused until it does',
    red: true,
  },
  'database-read-only': {
    text: 'the database may not be written, as a standby may not; calls are refused until one may be',
    red: true,
  },
  'database-clock': {
    text: 'the clock of this machine and that of the database differ by more than 5 s: set both right',
    red: true,
  },
  'log-went-back': {
    text: 'the database is not in the state in which this node left it: it was restored, lost what it had committed, or is written by a copy of this folder; calls are refused',
    red: true,
  },
  'newer-release': {
    text: 'the deployment was updated to a newer release and writes what this one cannot read: update this node; calls are refused',
    red: true,
  },
  'audit-log-altered': {
    text: 'the audit log in the database was modified: see the server log for where',
    red: true,
  },
  stopping: { text: 'a signal asked the server to stop', red: true },
} as const satisfies Record<string, { readonly text: string; readonly red: boolean }>

export type AlarmName = keyof typeof alarms
export const alarmNames = Object.keys(alarms) as readonly AlarmName[]
/** Those that make the service count as not ready. */
export const redAlarmNames = alarmNames.filter((name) => alarms[name].red)

/** An alarm that is raised, as a line for people. */
export type RaisedAlarm = { readonly name: AlarmName; readonly text: string; readonly red: boolean }

export class Alarms {
  /** Hand this to another thread so that it sees the same alarms. */
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

  /**
   * An alarm that is already raised keeps its time. @param holdsForMs how long it has been true
   * already.
   */
  raise(name: AlarmName, holdsForMs = 0): void {
    const since = BigInt(Math.round(this.#clock.wallNow() - holdsForMs))
    Atomics.compareExchange(this.#raisedAt, alarmNames.indexOf(name), 0n, since)
  }

  clear(name: AlarmName): void {
    Atomics.store(this.#raisedAt, alarmNames.indexOf(name), 0n)
  }

  isRaised(name: AlarmName): boolean {
    return Atomics.load(this.#raisedAt, alarmNames.indexOf(name)) !== 0n
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
