/**
 * Changes of one row run one after the other: a call that would change a row that another is
 * changing waits for its turn and is decided then, instead of being decided on facts that are about
 * to be outdated. Each request thread has its own queue; between threads and nodes the second
 * decision keeps order, as it does for every call.
 */
import { type Turn, Turns } from '../domain/turns.ts'

/**
 * A call that has its turn and takes longer than this to decide lets the others go on; it is then
 * decided like any call.
 */
export const turnHeldMs = 2000

/**
 * Beyond these limits a call does not wait: it tries at once. No client can give up unnoticed here,
 * so patience is unlimited.
 */
const bounds = { waiting: 4096, ofPrincipal: 1024, atOnce: 1, patienceMs: Number.POSITIVE_INFINITY }

type Waiting = { readonly call: string; readonly wake: () => void }
type Held = { readonly rows: Set<string>; timer: NodeJS.Timeout | undefined }

export class ChangeQueue {
  /** Which call is changing a row. */
  readonly #changing = new Map<string, string>()
  readonly #held = new Map<string, Held>()
  readonly #lines = new Map<string, Turns<Waiting>>()

  /**
   * A call is about to change rows.
   * @param call unique among the calls under way, and the same each time that one is decided.
   * @returns true if it may go on now, and `end` must follow; false if it has to wait: `wake` is
   * called once, when its turn has come.
   */
  begin(call: string, rows: readonly string[], turn: Turn, wake: () => void): boolean {
    const held = this.#held.get(call)
    if (held === undefined) {
      const taken = rows.find((row) => this.#changing.has(row))
      if (taken !== undefined && this.#wait(taken, { call, wake }, turn)) return false
    }
    this.#hold(call, held, rows)
    return true
  }

  /** The call is decided again, before others change the same rows. */
  again(call: string): void {
    const held = this.#held.get(call)
    if (held === undefined) return
    clearTimeout(held.timer)
    held.timer = setTimeout(() => this.end(call), turnHeldMs).unref()
  }

  /** The call has its receipt, or changes nothing after all: others go on. */
  end(call: string): void {
    const held = this.#held.get(call)
    if (held === undefined) return
    clearTimeout(held.timer)
    this.#held.delete(call)
    for (const row of held.rows) this.#next(row)
  }

  /** Whether no call has a turn: then there is nothing to `end`. */
  get isIdle(): boolean {
    return this.#held.size === 0
  }

  #wait(row: string, waiting: Waiting, turn: Turn): boolean {
    const line = this.#lines.get(row) ?? new Turns<Waiting>(bounds, () => {})
    if (!line.enter(waiting, turn, 0)) return false
    this.#lines.set(row, line)
    return true
  }

  /**
   * Rows that another call is changing stay with it: a call that has a turn never waits for a
   * second one, so no two wait for each other.
   */
  #hold(call: string, held: Held | undefined, rows: readonly string[]): void {
    const own = held ?? { rows: new Set<string>(), timer: undefined }
    clearTimeout(own.timer)
    own.timer = undefined
    this.#held.set(call, own)
    for (const row of rows) {
      if (this.#changing.has(row)) continue
      this.#changing.set(row, call)
      own.rows.add(row)
    }
  }

  #next(row: string): void {
    this.#changing.delete(row)
    const line = this.#lines.get(row)
    const next = line?.take(0)
    if (line === undefined || next === undefined) return
    line.end(next, 1)
    if (line.waiting === 0) this.#lines.delete(row)
    const { call, wake } = next.work
    this.#hold(call, this.#held.get(call), [row])
    this.again(call)
    wake()
  }
}
