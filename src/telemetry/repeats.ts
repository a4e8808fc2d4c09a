/**
 * Keeps a log short: of lines that are alike the first is written at once; the others are counted
 * and summarized once a minute.
 */

export const summaryEveryMs = 60_000
/** Kinds of lines distinguished within a minute; all further ones are counted together. */
const kindsKept = 256

export type Level = 'info' | 'warn' | 'error'

/** Writes the summaries. @typeParam L what a line says about its kind. */
export type Summaries<L> = {
  /** Called for a kind of which more lines came after the first. */
  readonly more: (line: L, count: number) => void
  /** Called with the number of lines of further kinds, none of which was written. */
  readonly leftOut: (count: number) => void
}

export class Repeats<L> {
  readonly #kinds = new Map<string, { readonly line: L; more: number }>()
  readonly #summaries: Summaries<L>
  #others = 0

  constructor(summaries: Summaries<L>) {
    this.#summaries = summaries
  }

  /**
   * Whether a line is to be written; if not, it is counted.
   * @param kind equal for lines that are alike.
   */
  isFirst(kind: string, line: L): boolean {
    const known = this.#kinds.get(kind)
    if (known !== undefined) known.more++
    else if (this.#kinds.size >= kindsKept) this.#others++
    else this.#kinds.set(kind, { line, more: 0 })
    return known === undefined && this.#kinds.has(kind)
  }

  /** Writes the counts, and begins a new minute. */
  summarize(): void {
    const kinds = [...this.#kinds.values()]
    const others = this.#others
    this.#kinds.clear()
    this.#others = 0
    for (const { line, more } of kinds) if (more > 0) this.#summaries.more(line, more)
    if (others > 0) this.#summaries.leftOut(others)
  }
}
