/** A line of the log as text for the people who watch a terminal. */
import { isatty, WriteStream } from 'node:tty'
import { styleText } from 'node:util'

/** What `describe` in log.ts keeps of an error, whose properties can have been set to anything. */
type ErrorParts = {
  readonly name?: unknown
  readonly message?: unknown
  readonly stack?: unknown
  readonly cause?: ErrorParts
}

type Line = {
  readonly level: number
  readonly time: number
  readonly msg: string
  readonly error?: ErrorParts
  readonly [field: string]: unknown
}

type Color = 'green' | 'yellow' | 'red' | 'cyan' | 'gray'

const levels: Readonly<Record<number, readonly [label: string, color: Color]>> = {
  30: ['INFO', 'green'],
  40: ['WARN', 'yellow'],
  50: ['ERROR', 'red'],
}

/**
 * Controls, which a terminal obeys, and what ends a line, is invisible or reorders the text around
 * it.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** In front of every line of an error, so that none can pass for a line of the log. */
const indent = '    '

/**
 * The readable form of lines, if a stream of this process is a terminal.
 *
 * It goes by the file descriptor: the streams of a worker thread never say that they are a
 * terminal. Colors follow NO_COLOR, FORCE_COLOR and TERM.
 */
export function readableFor(descriptor: number): ((line: string) => string) | undefined {
  if (!isatty(descriptor)) return undefined
  const colored = WriteStream.prototype.getColorDepth() > 2
  return (line) => readable(line, colored)
}

/**
 * `[14:03:07.250] INFO: message {"field":"value"}`, then each line of an error and of its causes,
 * indented.
 *
 * No value reaches the terminal as anything but visible characters: others are escaped as in JSON.
 * @param line a line of the log in JSON.
 */
export function readable(line: string, colored: boolean): string {
  const paint = (color: Color, text: string): string =>
    colored ? styleText(color, text, { validateStream: false }) : text
  const { level, time, msg, error, ...fields }: Line = JSON.parse(line)
  const [label, color] = levels[level] ?? [`LEVEL ${level}`, 'red']
  const head = [
    `[${timeOfDay(new Date(time))}] ${paint(color, label)}:`,
    paint('cyan', visible(msg)),
    paint('gray', visible(JSON.stringify(fields))),
  ].join(' ')
  return [head, ...stackOf(error).map((text) => indent + visible(text)), ''].join('\n')
}

function timeOfDay(time: Date): string {
  const parts = [time.getHours(), time.getMinutes(), time.getSeconds()]
  const seconds = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return `${seconds}.${String(time.getMilliseconds()).padStart(3, '0')}`
}

function visible(text: string): string {
  return text.replace(unprintable, escaped)
}

function escaped(character: string): string {
  const short = JSON.stringify(character).slice(1, -1)
  if (short !== character) return short
  // JSON leaves many of them as they are. Those beyond U+FFFF have two units.
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}

function stackOf(error: ErrorParts | undefined): readonly string[] {
  if (error === undefined) return []
  const stack = textOf(error.stack)
  const title = [error.name, error.message].map(textOf).filter(Boolean).join(': ')
  // A stack begins with what the error was called when it was made. That may have changed since.
  const whole = stack.startsWith(title) ? stack : `${title}\n${stack}`.trimEnd()
  const [first, ...causes] = stackOf(error.cause)
  return [...whole.split('\n'), ...(first === undefined ? [] : [`caused by ${first}`, ...causes])]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
