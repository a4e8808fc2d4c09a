/**
 * Virtual time: what is to happen waits in one queue, and happens in an order that is drawn from a
 * seed. While it runs, the timers and the clock of this process are those of the simulation.
 */
import { createHash, type Hash } from 'node:crypto'

const realImmediate = setImmediate

/** Numbers drawn from a seed: the same for the same seed (mulberry32). */
export class Draws {
  #state: number

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) | 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from)
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] as T
  }

  /** Not a method: it is passed on by itself. */
  readonly bytes = (sizeBytes: number): Uint8Array => {
    const bytes = new Uint8Array(new ArrayBuffer(sizeBytes))
    for (let i = 0; i < sizeBytes; i++) bytes[i] = this.below(256)
    return bytes
  }
}

/** What may die: nothing that it waits for happens to it from then on. */
export class Process {
  readonly name: string
  isDead = false

  constructor(name: string) {
    this.name = name
  }
}

type Step = {
  readonly at: number
  readonly order: number
  readonly name: string
  readonly process: Process
  readonly run: () => void
  isCancelled: boolean
}

/** Timers wait a little longer than they were asked to. */
const latenessMs = 0.5
const turnMs = 0.02
const turnEvery = 1000

export class Scheduler {
  readonly draws: Draws
  /** The process to which belongs what runs now. */
  current = new Process('world')
  #now = 0
  #order = 0
  readonly #queue: Step[] = []
  readonly #trace: Hash = createHash('sha256')
  readonly #lines: string[] | undefined
  #steps = 0

  /** @param keepsLines whether the trace is kept as text. */
  constructor(draws: Draws, keepsLines: boolean) {
    this.draws = draws
    this.#lines = keepsLines ? [] : undefined
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now
  }

  get steps(): number {
    return this.#steps
  }

  get lines(): readonly string[] {
    return this.#lines ?? []
  }

  /** Adds a line to the trace. */
  note(text: string): void {
    const line = `${this.#now.toFixed(2)} ${this.current.name}: ${text}`
    this.#trace.update(line)
    this.#lines?.push(line)
  }

  /** Hash of all that happened; the last call. */
  digest(): string {
    return this.#trace.digest('hex')
  }

  after(ms: number, name: string, run: () => void, process = this.current): Step {
    const at = this.#now + Math.max(ms, 0)
    const step = { at, order: this.#order++, name, process, run, isCancelled: false }
    push(this.#queue, step)
    return step
  }

  sleep(ms: number, name: string): Promise<void> {
    return new Promise((resolve) => this.after(ms, name, resolve))
  }

  /** Repeats something for as long as the process lives. */
  every(ms: number, name: string, run: () => unknown): void {
    const wait = ms + this.draws.between(0, latenessMs)
    this.after(wait, name, () => {
      run()
      this.every(ms, name, run)
    })
  }

  /** Lets things happen until something says that it is over, or an instant is reached. */
  async run(isOver: () => boolean, until: number): Promise<void> {
    while (!isOver()) {
      const step = pop(this.#queue)
      if (step === undefined || step.at > until) return
      if (step.isCancelled || step.process.isDead) continue
      this.#now = step.at
      this.current = step.process
      this.#steps++
      this.note(step.name)
      step.run()
      // Everything that follows from it at once, up to where it waits again: a tick comes after all
      // of that. Now and then this process has a turn.
      if (this.#steps % turnEvery === 0) await new Promise<void>((go) => realImmediate(go))
      else await new Promise<void>((go) => process.nextTick(go))
    }
  }

  /** Takes the place of the timers and the clock of this process, until it is disposed of. */
  install(): Disposable {
    const { setTimeout, setImmediate, clearTimeout } = globalThis
    const { stackTraceLimit } = Error
    // Refusals are many, and nobody reads where they come from.
    if (this.#lines === undefined) Error.stackTraceLimit = 0
    const timer = (ms: number, name: string, run: () => void): unknown => {
      const step = this.after(ms, name, run)
      return Object.assign(step, { ref: () => step, unref: () => step })
    }
    const cancel = (step: Step | undefined): void => {
      if (step !== undefined) step.isCancelled = true
    }
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) =>
        timer(ms + this.draws.between(0, latenessMs), 'timer', run),
      setImmediate: (run: () => void) => timer(this.draws.between(0, turnMs), 'turn', run),
      clearTimeout: cancel,
    })
    const clock = { value: () => this.#now, configurable: true, writable: true }
    Object.defineProperty(performance, 'now', clock)
    return {
      [Symbol.dispose]() {
        Object.assign(globalThis, { setTimeout, setImmediate, clearTimeout })
        Reflect.deleteProperty(performance, 'now')
        Error.stackTraceLimit = stackTraceLimit
      },
    }
  }
}

function isBefore(a: Step, b: Step): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(queue: Step[], step: Step): void {
  let i = queue.push(step) - 1
  while (i > 0) {
    const above = (i - 1) >> 1
    const other = queue[above] as Step
    if (isBefore(other, step)) break
    queue[i] = other
    i = above
  }
  queue[i] = step
}

function pop(queue: Step[]): Step | undefined {
  const first = queue[0]
  const last = queue.pop()
  if (first === undefined || last === undefined || queue.length === 0) return first
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= queue.length) break
    const right = queue[child + 1]
    if (right !== undefined && isBefore(right, queue[child] as Step)) child++
    const next = queue[child] as Step
    if (isBefore(last, next)) break
    queue[i] = next
    i = child
  }
  queue[i] = last
  return first
}
