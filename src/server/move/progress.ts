/** What a long move says of itself, every few seconds. */
import type { Clock } from '../../ports/clock.ts'

const sayEveryMs = 3000

export class Progress {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #say: (line: string) => void
  #step = ''
  #saidAt: number

  /** @param say called with a line for people. */
  constructor(clock: Pick<Clock, 'monotonic'>, say: (line: string) => void) {
    this.#clock = clock
    this.#say = say
    this.#saidAt = clock.monotonic()
  }

  /** @param step what is done from now on, such as "copying". */
  begin(step: string): void {
    this.#step = step
  }

  /** Says how far the step is, unless that was said a moment ago. */
  at(rows: number, records: number): void {
    const now = this.#clock.monotonic()
    if (now - this.#saidAt < sayEveryMs) return
    this.#saidAt = now
    this.#say(`${this.#step}: ${rows} rows, ${records} records`)
  }
}
