/**
 * The events of the service's own log: each is stated here once, with its level, its sentence and
 * its fields. docs/service-log.md is made from this.
 *
 * A field never holds anything that a caller sent, and never a secret.
 */
import type { Level } from './repeats.ts'

/** The type of a field's value, by the unit that people read. */
type Units = {
  readonly text: string
  readonly ID: string
  readonly count: number
  readonly ms: number
  readonly seconds: number
  readonly list: readonly string[]
  /** Name, message, stack and cause of what was caught; left out if that is no error. */
  readonly error: unknown
}

export type Field = {
  readonly unit: keyof Units
  /** What the value is, for people. */
  readonly means: string
  /** Whether some lines of the event lack it. */
  readonly optional?: true
  /** Whether lines that differ in it are not alike. */
  readonly distinguishes?: true
}

export type EventDescription = {
  readonly level: Level
  /** A sentence without its full stop. */
  readonly message: string
  readonly fields: Readonly<Record<string, Field>>
}

type Theme = Readonly<Record<string, EventDescription>>

const startAndStop = {
  'service-starting': {
    level: 'info',
    message: 'the server is starting',
    fields: {
      version: { unit: 'text', means: 'version of Holdfast' },
      node: { unit: 'text', means: 'version of Node.js' },
      store: { unit: 'text', means: 'what keeps the data: `sqlite` or `postgresql`' },
      schemaFrom: { unit: 'count', means: 'steps of the schema that the store has seen' },
      schemaTo: { unit: 'count', means: 'steps of the schema that this release knows' },
      root: { unit: 'text', means: 'what keeps the root key: `file` or `passphrase`' },
      requestThreads: { unit: 'count', means: 'threads that answer requests' },
      address: { unit: 'text', means: 'where it is going to listen, HOST:PORT; port 0 is any' },
    },
  },
  'start-waiting': {
    level: 'warn',
    message: 'the start waits for something in the database',
    fields: { why: { unit: 'text', means: 'for what: another start, or a lock on a table' } },
  },
  'schema-changing': {
    level: 'info',
    message: 'the schema of the store is being changed',
    fields: {
      step: { unit: 'count', means: 'number of the step' },
      what: { unit: 'text', means: 'a conversion of rows, or the index that is being made' },
      done: { unit: 'count', means: 'how far it has come since this start, in the next unit' },
      unit: { unit: 'text', means: '`rows` or `percent`' },
    },
  },
  'schema-migrated': {
    level: 'info',
    message: 'the schema of the store is now that of this release',
    fields: {
      steps: { unit: 'count', means: 'steps that were applied' },
      ms: { unit: 'ms', means: 'how long they took' },
    },
  },
  'deployment-created': {
    level: 'info',
    message: 'a first start created a project with its admin, whose credentials are in a file',
    fields: {
      deployment: { unit: 'ID', means: 'the deployment' },
      project: { unit: 'ID', means: 'its first project' },
      file: { unit: 'text', means: 'path of the file' },
    },
  },
  'service-ready': {
    level: 'info',
    message: 'the server is ready',
    fields: {
      address: { unit: 'text', means: 'URL at which it answers' },
      metrics: { unit: 'text', means: 'URL of the metrics, unless they are off', optional: true },
      ms: { unit: 'ms', means: 'since its start began' },
    },
  },
  'control-socket-missing': {
    level: 'warn',
    message:
      'there is no control socket; the commands of an operator work only while the server is stopped',
    fields: {},
  },
  'service-stopping': {
    level: 'info',
    message: 'a signal asked the server to stop',
    fields: { signal: { unit: 'text', means: 'name of the signal' } },
  },
  'service-draining': {
    level: 'info',
    message: 'the server is not ready from now on, and still answers before it stops',
    fields: { seconds: { unit: 'seconds', means: 'for how long, if no second signal comes' } },
  },
  'drain-cut-short': {
    level: 'info',
    message: 'a second signal asked the server to stop at once',
    fields: { signal: { unit: 'text', means: 'name of the signal' } },
  },
  'service-stopped': {
    level: 'info',
    message: 'the server has stopped',
    fields: {
      ms: { unit: 'ms', means: 'since the signal' },
      cutOff: { unit: 'count', means: 'calls that got no answer within the grace period' },
    },
  },
  'stop-cut-short': {
    level: 'warn',
    message: 'a further signal ended the server before its stop was complete',
    fields: { signal: { unit: 'text', means: 'name of the signal' } },
  },
  'stop-overdue': {
    level: 'error',
    message: 'the stop did not finish in time; the server exits',
    fields: {},
  },
} as const satisfies Theme

/** The thread that an event is about; the one that writes the line is another. */
const subject = { unit: 'text', means: 'name of the thread', distinguishes: true } as const

const threads = {
  'thread-failed': {
    level: 'error',
    message: 'a thread failed',
    fields: { subject, error: { unit: 'error', means: 'why' } },
  },
  'thread-ended': {
    level: 'error',
    message: 'a thread that the server needs has ended; the server exits',
    fields: { subject, exitCode: { unit: 'count', means: 'exit code of the thread' } },
  },
  'loop-silent': {
    level: 'warn',
    message: 'the loop of a thread is silent',
    fields: {
      subject,
      seconds: { unit: 'seconds', means: 'for how long' },
      work: { unit: 'text', means: 'the last work that it started' },
    },
  },
  'loop-stuck': {
    level: 'error',
    message: 'the loop of a thread that answers requests is silent; the server exits',
    fields: {
      subject,
      seconds: { unit: 'seconds', means: 'for how long' },
      work: { unit: 'text', means: 'the last work that it started' },
    },
  },
  'loop-turning': {
    level: 'warn',
    message: 'the loop of a thread turns again',
    fields: { subject, seconds: { unit: 'seconds', means: 'for how long it was silent' } },
  },
} as const satisfies Theme

/** A commit usually takes a few milliseconds; a busy disk may need a hundred. */
export const slowCommitMs = 1000

const store = {
  'commit-slow': {
    level: 'warn',
    message: `a commit took ${slowCommitMs / 1000} s or longer`,
    fields: {
      ms: { unit: 'ms', means: 'from the beginning of the transaction to its end' },
      records: { unit: 'count', means: 'records in it' },
    },
  },
  'store-unwritable': {
    level: 'error',
    message: 'the store cannot be written; calls are refused until it can',
    fields: { reason: { unit: 'text', means: 'such as a full disk', distinguishes: true } },
  },
  'store-writable': {
    level: 'warn',
    message: 'the store can be written again',
    fields: { ms: { unit: 'ms', means: 'how long it could not be' } },
  },
  'store-unreadable': {
    level: 'error',
    message: 'the store could not be read; the calls that needed it were refused',
    fields: { reason: { unit: 'text', means: 'such as a lock', distinguishes: true } },
  },
  'store-failed': {
    level: 'error',
    message: 'the store failed, and what it kept is unknown; the server exits',
    fields: { error: { unit: 'error', means: 'why' } },
  },
  'database-lost': {
    level: 'error',
    message: 'the connection to the database was lost',
    fields: {},
  },
  'database-back': {
    level: 'warn',
    message: 'there is a connection to the database again',
    fields: { ms: { unit: 'ms', means: 'how long it was gone' } },
  },
  'clocks-differ': {
    level: 'error',
    message: 'the clock of this node and that of the database differ; the node is not ready',
    fields: { ms: { unit: 'ms', means: 'how far this one is ahead; negative if it is behind' } },
  },
  'clocks-agree': {
    level: 'warn',
    message: 'the clock of this node and that of the database agree again',
    fields: {},
  },
  'commit-unknown': {
    level: 'warn',
    message:
      'the database did not say whether it committed a group; nothing is written until it has',
    fields: { error: { unit: 'error', means: 'what came instead of an answer' } },
  },
  'erasure-delayed': {
    level: 'warn',
    message: 'an erasure is waiting for a reader of the database file to end, or for disk space',
    fields: { ms: { unit: 'ms', means: 'for how long; so has its receipt' } },
  },
  'erasure-done': {
    level: 'warn',
    message: 'the delayed erasure is done',
    fields: { ms: { unit: 'ms', means: 'how long it waited' } },
  },
  'vacuum-failed': {
    level: 'warn',
    message: 'erased data is not cleaned up in the database yet; this will be retried',
    fields: { error: { unit: 'error', means: 'why' } },
  },
} as const satisfies Theme

const table = { unit: 'text', means: 'table of the row', distinguishes: true } as const
const row = {
  unit: 'ID',
  means: 'the row, without a name that a caller chose',
  distinguishes: true,
} as const

const integrity = {
  'row-damaged': {
    level: 'error',
    message: 'a stored row is damaged and is not used; everything else keeps working',
    fields: { table, row, reason: { unit: 'text', means: 'what is wrong' } },
  },
  'due-work-blocked': {
    level: 'warn',
    message: 'a stored row is damaged, so what is due for it is not done',
    fields: { table, row, reason: { unit: 'text', means: 'what is wrong' } },
  },
  'password-not-sealed': {
    level: 'error',
    message: 'the password hash of a user is not sealed yet; the next start tries again',
    fields: {
      user: { unit: 'ID', means: 'the user', distinguishes: true },
      reason: { unit: 'text', means: 'why' },
    },
  },
  'integrity-scan-finished': {
    level: 'info',
    message: 'all stored rows were checked',
    fields: {
      rows: { unit: 'count', means: 'rows that were checked' },
      faults: {
        unit: 'count',
        means: 'damaged rows among them; a pass is logged once a day, and when this changes',
      },
      ms: { unit: 'ms', means: 'how long the pass took' },
    },
  },
  'log-went-back': {
    level: 'error',
    message:
      'an audit log holds less than it did: the database was restored, or lost what it had committed',
    fields: { lost: { unit: 'text', means: 'what it has lost' } },
  },
  'loss-accepted': {
    level: 'warn',
    message: 'an operator accepted what the database had lost; calls are answered again',
    fields: {},
  },
  'mark-not-written': {
    level: 'error',
    message: 'what was recorded last could not be remembered in the data folder',
    fields: { error: { unit: 'error', means: 'why' } },
  },
  'log-damaged': {
    level: 'error',
    message: 'the audit log in the store is not the one that was recorded',
    fields: { fault: { unit: 'text', means: 'which records', distinguishes: true } },
  },
  'log-check-finished': {
    level: 'info',
    message: 'the whole audit log was checked',
    fields: {
      records: { unit: 'count', means: 'records that were checked' },
      faults: { unit: 'count', means: 'faults among them' },
      ms: { unit: 'ms', means: 'how long the pass took' },
    },
  },
  'schema-changed': {
    level: 'error',
    message: 'the schema of the database was changed',
    fields: { fault: { unit: 'text', means: 'what differs', distinguishes: true } },
  },
  'schema-restored': {
    level: 'warn',
    message: 'the schema of the database is right again',
    fields: {},
  },
  'schema-acts': {
    level: 'error',
    message: 'something in the database changes what is written to it; the server exits',
    fields: {},
  },
} as const satisfies Theme

const clock = {
  'clock-in-doubt': {
    level: 'warn',
    message: 'the clock is in doubt, and what cannot be undone waits',
    fields: {
      state: { unit: 'text', means: '`ahead` or `behind`', distinguishes: true },
      byMs: { unit: 'ms', means: 'how far' },
      reason: { unit: 'text', means: 'both times, and what to do' },
      affected: { unit: 'list', means: 'keys that wait, or would be usable again; at most 20' },
      further: { unit: 'count', means: 'how many more there are' },
    },
  },
  'clock-right': { level: 'warn', message: 'the clock is right again', fields: {} },
} as const satisfies Theme

const work = {
  'call-failed': {
    level: 'error',
    message: 'a call met a defect of Holdfast',
    fields: {
      requestId: { unit: 'ID', means: 'the call, unless it had none yet', optional: true },
      error: { unit: 'error', means: 'the defect' },
    },
  },
  'operator-call-failed': {
    level: 'error',
    message: 'a command over the control socket met a defect of Holdfast',
    fields: { error: { unit: 'error', means: 'the defect' } },
  },
  'sign-in-delayed': {
    level: 'warn',
    message: 'no password is accepted for a while after wrong ones; the audit log has the attempts',
    fields: { seconds: { unit: 'seconds', means: 'until the next attempt of the caller' } },
  },
  'background-work-failed': {
    level: 'error',
    message: 'background work failed; it will be retried',
    fields: {
      work: { unit: 'text', means: 'which', distinguishes: true },
      error: { unit: 'error', means: 'why' },
    },
  },
  'metrics-failed': {
    level: 'error',
    message: 'the metrics could not be collected',
    fields: { error: { unit: 'error', means: 'why' } },
  },
  'lines-left-out': {
    level: 'error',
    message: 'too many kinds of lines came within a minute; some were not written',
    fields: { count: { unit: 'count', means: 'lines that were not written' } },
  },
} as const satisfies Theme

/** The events in the order in which people read about them. */
export const eventThemes: readonly { readonly title: string; readonly events: Theme }[] = [
  { title: 'Start and stop', events: startAndStop },
  { title: 'Threads', events: threads },
  { title: 'Store', events: store },
  { title: 'Integrity', events: integrity },
  { title: 'Clock', events: clock },
  { title: 'Calls and background work', events: work },
]

export const events = { ...startAndStop, ...threads, ...store, ...integrity, ...clock, ...work }

type Events = typeof events
export type EventName = keyof Events

type FieldName<N extends EventName> = keyof Events[N]['fields']
type OptionalName<N extends EventName> = {
  [F in FieldName<N>]: Events[N]['fields'][F] extends { readonly optional: true } ? F : never
}[FieldName<N>]
type ValueOf<F> = F extends { readonly unit: infer U extends keyof Units } ? Units[U] : never

/** The fields of an event, by their names. */
export type FieldsOf<N extends EventName> = {
  readonly [F in Exclude<FieldName<N>, OptionalName<N>>]: ValueOf<Events[N]['fields'][F]>
} & {
  readonly [F in OptionalName<N>]?: ValueOf<Events[N]['fields'][F]> | undefined
}

/** What follows the name of an event: its fields, or nothing if it has none. */
export type Given<N extends EventName> = [FieldName<N>] extends [never] ? [] : [fields: FieldsOf<N>]
