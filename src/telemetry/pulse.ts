/**
 * What a thread reports about itself in shared memory: that its loop turns, and which work it began
 * last. The watchdog reads it.
 */

/**
 * A thread's memory: a header of 32-bit numbers, then the names of work that it has begun so far.
 */
const header = { beats: 0, work: 1, names: 2, endWithinSeconds: 3 } as const
const headerBytes = Object.keys(header).length * Int32Array.BYTES_PER_ELEMENT
/** More than there are operations; any further ones have no name. */
const namesKept = 256
const nameBytes = 48

/** Memory that a thread and its watchdog share. */
export function pulseMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(headerBytes + namesKept * nameBytes)
}

/** How often a running loop reports. */
export const beatEveryMs = 1000

/** The side of the thread that is watched. */
export class Pulse {
  readonly #header: Int32Array
  readonly #names: Uint8Array
  readonly #numbers = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(memory: SharedArrayBuffer) {
    this.#header = new Int32Array(memory, 0, headerBytes / Int32Array.BYTES_PER_ELEMENT)
    this.#names = new Uint8Array(memory, headerBytes)
  }

  /**
   * From now on the loop reports that it turns. A thread that never started, or has ended, is not
   * watched.
   */
  start(): void {
    const beat = (): void => {
      Atomics.add(this.#header, header.beats, 1)
    }
    beat()
    this.#timer = setInterval(beat, beatEveryMs).unref()
  }

  end(): void {
    clearInterval(this.#timer)
    Atomics.store(this.#header, header.beats, 0)
  }

  /** Reports which work begins. It runs on every call: a look-up and a store. */
  begin(work: string): void {
    this.#header[header.work] = this.#numbers.get(work) ?? this.#number(work)
  }

  /** The whole process has to end within this many seconds, even if its loop hangs. */
  endWithin(seconds: number): void {
    Atomics.store(this.#header, header.endWithinSeconds, seconds)
  }

  /** Numbers count from one: zero is work without a name. */
  #number(work: string): number {
    const used = this.#numbers.size
    if (used === namesKept) return 0
    new TextEncoder().encodeInto(
      work,
      this.#names.subarray(used * nameBytes, (used + 1) * nameBytes),
    )
    this.#numbers.set(work, used + 1)
    Atomics.store(this.#header, header.names, used + 1)
    return used + 1
  }
}

/** The side of the watchdog. */
export class PulseReader {
  readonly #header: Int32Array
  readonly #names: Uint8Array

  constructor(memory: SharedArrayBuffer) {
    this.#header = new Int32Array(memory, 0, headerBytes / Int32Array.BYTES_PER_ELEMENT)
    this.#names = new Uint8Array(memory, headerBytes)
  }

  /** Counts up while the loop turns; zero for a thread that is not watched. */
  get beats(): number {
    return Atomics.load(this.#header, header.beats)
  }

  /** Zero while no stop is in progress. */
  get endWithinSeconds(): number {
    return Atomics.load(this.#header, header.endWithinSeconds)
  }

  /** Name of the work that began last. */
  get work(): string {
    const number = Atomics.load(this.#header, header.work)
    if (number === 0 || number > Atomics.load(this.#header, header.names)) return 'unnamed work'
    const name = this.#names.slice((number - 1) * nameBytes, number * nameBytes)
    return new TextDecoder().decode(
      name.subarray(0, name.indexOf(0) < 0 ? nameBytes : name.indexOf(0)),
    )
  }
}
