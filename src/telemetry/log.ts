/**
 * The service's own log: structured lines on standard error. Each is an event of the catalogue,
 * with the fields that it states and no others.
 */
import { write } from 'node:fs'
import { destination, type Logger, pino } from 'pino'
import { type EventDescription, type EventName, events, type Given } from './events.ts'
import { readableFor } from './readable.ts'
import { Repeats, summaryEveryMs } from './repeats.ts'

/** Where lines go, a line at a time. */
type Sink = { write(line: string): void }

const standardError = 2
/** Readable text for a terminal, otherwise one line of JSON. */
const shown = readableFor(standardError) ?? ((line: string): string => line)

/**
 * What cannot be written, because a terminal is gone or a disk is full, is kept up to this many
 * bytes; further lines are lost.
 */
const keptBytes = 65_536

/** Standard error. The server keeps running when nobody reads it any longer. */
function lines(): Sink {
  const stream = destination({ fd: standardError, sync: true, maxLength: keptBytes })
  stream.on('error', () => undefined)
  return { write: (line) => stream.write(shown(line)) }
}

type Values = Readonly<Record<string, unknown>>
/** An event, with the values that distinguish its lines. */
type Kind = { readonly name: EventName; readonly values: Values }

/**
 * Lines that are alike are written once a minute, and counted. Remaining counts are written when
 * the thread ends.
 */
export class Log {
  readonly #pino: Logger
  readonly #repeats = new Repeats<Kind>({
    more: ({ name, values }, more) =>
      this.#write(name, { ...values, more }, ` (${times(more)} since the last line)`),
    leftOut: (count) => this.#write('lines-left-out', { count }),
  })
  #timer: NodeJS.Timeout | undefined

  /** @param sink standard error by default. */
  constructor(thread: string, sink?: Sink) {
    const options = { base: { thread }, serializers: { error: describe } }
    this.#pino = pino(options, sink ?? lines())
    process.once('exit', () => this.#repeats.summarize())
  }

  /**
   * A log that never waits for its reader.
   * @returns it, and a function whose result resolves once everything given to it is written.
   */
  static inBackground(thread: string): {
    readonly log: Log
    readonly written: () => Promise<void>
  } {
    let last = Promise.resolve()
    const append = (line: string): void => {
      const text = shown(line)
      last = last.then(() => new Promise((resolve) => write(standardError, text, () => resolve())))
    }
    return { log: new Log(thread, { write: append }), written: () => last }
  }

  /** Writes a line, or counts it if it is like one that was written within the minute. */
  event<N extends EventName>(name: N, ...given: Given<N>): void {
    const [values = {}]: readonly Values[] = given
    const kind = { name, values: distinguishing(name, values) }
    const isFirst = this.#repeats.isFirst(keyOf(kind, values.error), kind)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#repeats.summarize()
    }, summaryEveryMs).unref()
    if (isFirst) this.#write(name, values)
  }

  #write(name: EventName, values: Values, remark = ''): void {
    const { level, message } = events[name]
    this.#pino[level]({ event: name, ...inWhole(values) }, message + remark)
  }
}

/** Numbers in a log are whole. */
function inWhole(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([field, value]) => [
      field,
      typeof value === 'number' ? Math.round(value) : value,
    ]),
  )
}

function distinguishing(name: EventName, values: Values): Values {
  const { fields }: EventDescription = events[name]
  return Object.fromEntries(
    Object.entries(values).filter(([field]) => fields[field]?.distinguishes === true),
  )
}

/** Equal for lines that are alike: they also agree in the first frame of their error's stack. */
function keyOf({ name, values }: Kind, error: unknown): string {
  const { name: kind = '', stack = '' } = error instanceof Error ? error : {}
  const [frame = ''] = /^ +at .*$/m.exec(stack) ?? []
  return JSON.stringify([name, values, kind, frame])
}

function times(count: number): string {
  return count === 1 ? 'once more' : `${count} more times`
}

/**
 * Name, message and stack; not the error's other properties, which libraries fill with the values
 * they were given.
 */
function describe(error: unknown): object | undefined {
  if (!(error instanceof Error)) return undefined
  const cause = describe(error.cause)
  return { name: error.name, message: error.message, stack: error.stack, ...(cause && { cause }) }
}
