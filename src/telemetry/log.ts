/**
 * The service's own log: structured lines on standard error, with no fields other than those
 * defined here.
 */
import { write } from 'node:fs'
import { isatty } from 'node:tty'
import { destination, type Logger, pino } from 'pino'
import { type Level, Repeats, summaryEveryMs } from './repeats.ts'

/** Loaded only for a terminal: it would slow every other start. */
const pretty = isatty(2) ? (await import('pino-pretty')).default : undefined

/**
 * What a line may carry. Never anything that a caller sent, and never the text of an unknown error
 * beyond its stack in a defect.
 */
export type LogFields = {
  readonly requestId?: string
  readonly thread?: string
  readonly path?: string
  readonly error?: Error
}

/** Where lines go, a line at a time. */
type Sink = { write(line: string): void }

const standardError = 2

/**
 * What cannot be written, because a terminal is gone or a disk is full, is kept up to this many
 * bytes; further lines are lost.
 */
const keptBytes = 65_536

/** Standard error. The server keeps running when nobody reads it any longer. */
function lines(): ReturnType<typeof destination> {
  const stream = destination({ fd: standardError, sync: true, maxLength: keptBytes })
  stream.on('error', () => undefined)
  return stream
}

/**
 * Lines that are alike are written once a minute, and counted. Remaining counts are written when
 * the thread ends.
 */
export class Log {
  readonly #pino: Logger
  readonly #repeats = new Repeats((level, message) => this.#pino[level](message))
  #timer: NodeJS.Timeout | undefined

  /** @param sink standard error by default. */
  constructor(thread: string, sink?: Sink) {
    const options = { base: { thread }, serializers: { error: describe } }
    // Readable text for a terminal, otherwise one line of JSON.
    const stream =
      sink ?? pretty?.({ destination: lines(), sync: true, ignore: 'pid,hostname' }) ?? lines()
    this.#pino = pino(options, stream)
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
      last = last.then(() => new Promise((resolve) => write(standardError, line, () => resolve())))
    }
    return { log: new Log(thread, { write: append }), written: () => last }
  }

  info(message: string, fields: LogFields = {}): void {
    this.#line('info', message, fields)
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#line('warn', message, fields)
  }

  error(message: string, fields: LogFields = {}): void {
    this.#line('error', message, fields)
  }

  #line(level: Level, message: string, fields: LogFields): void {
    const isFirst = this.#repeats.isFirst(level, message, placeOf(fields))
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#repeats.summarize()
    }, summaryEveryMs).unref()
    if (isFirst) this.#pino[level](fields, message)
  }
}

/** The thread or path that the line names, and the first frame of the error's stack. */
function placeOf({ thread = '', path = '', error }: LogFields): string {
  const frame = /^ +at .*$/m.exec(error?.stack ?? '')?.[0] ?? ''
  return `${thread}\n${path}\n${error?.name ?? ''}\n${frame}`
}

/**
 * Name, message and stack; not the error's other properties, which libraries fill with the values
 * they were given.
 */
function describe(error: Error): object {
  const cause = error.cause instanceof Error ? { cause: describe(error.cause) } : {}
  return { name: error.name, message: error.message, stack: error.stack, ...cause }
}
