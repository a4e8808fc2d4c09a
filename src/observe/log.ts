/** The service's own log: structured lines on standard error, out of fields that are named here and no others. */
import { isatty } from 'node:tty'
import { destination, type Logger, pino } from 'pino'

/** Loaded where somebody looks: it would slow every other start. */
const pretty = isatty(2) ? (await import('pino-pretty')).default : undefined

/** What a line may carry. Never anything a caller sent, never the text of an unknown error beyond its stack in a defect. */
export type LogFields = {
  readonly requestId?: string
  readonly thread?: string
  readonly path?: string
  readonly error?: Error
}

export class Log {
  readonly #pino: Logger

  constructor(thread: string) {
    const options = { base: { thread }, serializers: { error: describe } }
    // For a person at a terminal in words, for everything else a line of JSON.
    const stream = pretty?.({ destination: 2, sync: true, ignore: 'pid,hostname' }) ?? destination({ fd: 2, sync: true })
    this.#pino = pino(options, stream)
  }

  info(message: string, fields: LogFields = {}): void {
    this.#pino.info(fields, message)
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#pino.warn(fields, message)
  }

  error(message: string, fields: LogFields = {}): void {
    this.#pino.error(fields, message)
  }
}

/** Name, message and stack; not the error's other properties, which libraries fill with whatever they were given. */
function describe(error: Error): object {
  const cause = error.cause instanceof Error ? { cause: describe(error.cause) } : {}
  return { name: error.name, message: error.message, stack: error.stack, ...cause }
}
