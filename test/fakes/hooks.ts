/** A clock that a test can move and failpoints that kill or block, in every thread of a server process. */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { writeHeapSnapshot } from 'node:v8'
import { threadId } from 'node:worker_threads'
import type { Clock } from '../../src/ports/clock.ts'
import type { Failpoints } from '../../src/ports/failpoints.ts'

export type HookData = {
  /** File with the offsets that `moveClock` writes. */
  readonly clockFile?: string
  readonly failpoint?: Failing
  /** File that, once it is there, has every thread write a heap snapshot beside it, named after the thread. */
  readonly snapshotGate?: string
}

export type Failing = {
  /** Name of the failpoint; '*' is any of them. */
  readonly name: string
  readonly action: 'kill' | 'block'
  /** How many passings are let go first. */
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

export function hooks({ clockFile, failpoint, snapshotGate }: HookData): { clock?: Clock; failpoint?: Failpoints } {
  if (snapshotGate !== undefined) snapshotAt(snapshotGate)
  return {
    ...(clockFile !== undefined && { clock: movedClock(clockFile) }),
    ...(failpoint !== undefined && { failpoint: failing(failpoint) }),
  }
}

function movedClock(file: string): Clock {
  const offsets = (): Offsets => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { wallMs: 0, monotonicMs: 0 })
  return { now: () => Date.now() + offsets().wallMs, monotonic: () => performance.now() + offsets().monotonicMs }
}

const nap = new Int32Array(new SharedArrayBuffer(4))

/** The roll-up of the log writes a row for every kind of call and every key used: the first stands for all that follow it. */
const rowsOfMany = ['store:wrote:callCounts', 'store:wrote:keyUses']

/** Once `after` passings were let go, the process is killed, or blocks while the gate stands. The passings' names are kept in the gate. */
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
