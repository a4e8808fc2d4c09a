/**
 * A clock that a test can move and failpoints that kill or block, in every thread of a server
 * process.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { writeHeapSnapshot } from 'node:v8'
import { isMainThread, threadId } from 'node:worker_threads'
import type { Clock } from '../../src/ports/clock.ts'
import type { Failpoints } from '../../src/ports/failpoints.ts'
import type { Journal } from '../../src/ports/journal.ts'

export type HookData = {
  /** File with the offsets that `moveClock` writes. */
  readonly clockFile?: string
  readonly failpoint?: Failing
  /**
   * File to which the main thread appends each stretch in which its loop was blocked, as
   * milliseconds of CPU time, from 10 on.
   */
  readonly stretchFile?: string
  /**
   * File that, once it exists, makes every thread write a heap snapshot next to it, named after the
   * thread.
   */
  readonly snapshotGate?: string
  /** The loop of a thread that records this operation is stuck as long as the gate exists. */
  readonly stuck?: { readonly operation: string; readonly gate: string }
}

export type Failing = {
  /** Name of the failpoint; '*' is any of them. */
  readonly name: string
  readonly action: 'kill' | 'block'
  /** How many times the failpoint is passed before it acts. */
  readonly after: number
  /** File without which the failpoint does nothing. */
  readonly gate: string
}

export const hooksModule = import.meta.url

export type Offsets = { readonly wallMs: number; readonly monotonicMs: number }

/** Moves the clocks of the servers that read `file`. */
export function moveClock(file: string, offsets: Offsets): void {
  writeFileSync(`${file}.new`, JSON.stringify(offsets))
  renameSync(`${file}.new`, file)
}

type Given = {
  clock?: Clock
  databaseInstant?: (shown: number) => number
  failpoint?: Failpoints
  journal?: (real: Journal) => Journal
}

export function hooks({ clockFile, failpoint, snapshotGate, stretchFile, stuck }: HookData): Given {
  if (stretchFile !== undefined && isMainThread) reportStretches(stretchFile)
  if (snapshotGate !== undefined) snapshotAt(snapshotGate)
  return {
    ...(clockFile !== undefined && { clock: movedClock(clockFile) }),
    // Where the tests of a file run over a database as well, they move its clock, too.
    ...(clockFile !== undefined &&
      process.env.HOLDFAST_TEST_DATABASE !== undefined && {
        databaseInstant: (shown: number) => shown + offsetsIn(clockFile).wallMs,
      }),
    ...(failpoint !== undefined && { failpoint: failing(failpoint) }),
    ...(stuck !== undefined && { journal: stuckAt(stuck) }),
  }
}

function offsetsIn(file: string): Offsets {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { wallMs: 0, monotonicMs: 0 }
}

function movedClock(file: string): Clock {
  const offsets = (): Offsets => offsetsIn(file)
  return {
    wallNow: () => Date.now() + offsets().wallMs,
    monotonic: () => performance.now() + offsets().monotonicMs,
    // As on a machine that has been up for a while, independent of the one that the test runs on.
    uptime: () => 3_600_000 + performance.now() + offsets().monotonicMs,
  }
}

const nap = new Int32Array(new SharedArrayBuffer(4))

/**
 * The roll-up of the log writes a row for every kind of call and every key used: the first one
 * covers all that follow it.
 */
const rowsOfMany = ['store:wrote:callCounts', 'store:wrote:keyUses']

/**
 * Once it was passed `after` times, the failpoint kills the process, or blocks while the gate
 * exists. The name of the point is written to the gate.
 */
function failing({ name, action, after, gate }: Failing): Failpoints {
  let passed = 0
  let last = ''
  return (here) => {
    if ((name !== '*' && here !== name) || !existsSync(gate)) return
    const again = here === last && rowsOfMany.includes(here)
    last = here
    if (again) return
    if (passed++ < after) return
    if (action === 'kill') {
      appendFileSync(gate, here)
      process.kill(process.pid, 'SIGKILL')
    }
    while (existsSync(gate)) Atomics.wait(nap, 0, 0, 5)
  }
}

function stuckAt({ operation, gate }: Required<HookData>['stuck']): (real: Journal) => Journal {
  return (real) => ({
    decidingNow: () => real.decidingNow(),
    agreedNow: () => real.agreedNow(),
    submit(submission, done) {
      while (submission.entry?.operation === operation && existsSync(gate))
        Atomics.wait(nap, 0, 0, 5)
      real.submit(submission, done)
    },
  })
}

function snapshotAt(gate: string): void {
  const timer = setInterval(() => {
    if (!existsSync(gate)) return
    clearInterval(timer)
    const file = `${gate}.${threadId}.heapsnapshot`
    writeHeapSnapshot(`${file}.new`)
    renameSync(`${file}.new`, file)
  }, 50)
  timer.unref()
}

let reporting = false
const toldFromMs = 10

/** CPU time, not wall time: on a shared machine a loop may have to wait for its processor. */
function reportStretches(file: string): void {
  if (reporting) return
  reporting = true
  const used = (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  }
  let before = used()
  setInterval(() => {
    const now = used()
    if (now - before >= toldFromMs) appendFileSync(file, `${Math.round(now - before)}\n`)
    before = used()
  }, 1).unref()
}
