/**
 * Keeps a log short: of lines that are alike the first is written at once; the others are counted
 * and summarized once a minute.
 */

export const summaryEveryMs = 60_000
/** Kinds of lines distinguished within a minute; all further ones are counted together. */
const kindsKept = 256

export type Level = 'info' | 'warn' | 'error'

type Kind = { readonly level: Level; readonly message: string; more: number }

/** Writes the lines. */
export type Write = (level: Level, message: string) => void

export class Repeats {
  readonly #kinds = new Map<string, Kind>()
  readonly #write: Write
  #others = 0

  /** @param write gets the summaries. */
  constructor(write: Write) {
    this.#write = write
  }

  /**
   * Whether a line is to be written; if not, it is counted.
   * @param place where in the program it comes from, if known.
   */
  isFirst(level: Level, message: string, place: string): boolean {
    const name = `${level} ${message}\n${place}`
    const known = this.#kinds.get(name)
    if (known !== undefined) known.more++
    else if (this.#kinds.size >= kindsKept) this.#others++
    else this.#kinds.set(name, { level, message, more: 0 })
    return known === undefined && this.#kinds.has(name)
  }

  /** Writes the counts, and begins a new minute. */
  summarize(): void {
    const kinds = [...this.#kinds.values()]
    const others = this.#others
    this.#kinds.clear()
    this.#others = 0
    for (const { level, message, more } of kinds)
      if (more > 0) this.#write(level, `${message} (${times(more)} since the last line)`)
    if (others > 0)
      this.#write(
        'error',
        `more than ${kindsKept} kinds of lines within a minute; not written: ${others}`,
      )
  }
}

function times(count: number): string {
  return count === 1 ? 'once more' : `${count} more times`
}
