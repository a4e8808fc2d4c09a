/** A clock that a test can move and failpoints that kill or block, in every thread of a server process. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock } from '../../src/ports/clock.ts'
import type { Failpoints } from '../../src/ports/failpoints.ts'

export type HookData = {
  /** File with the offsets that `moveClock` writes. */
  readonly clockFile?: string
  readonly failpoint?: {
    readonly name: string
    readonly action: 'kill' | 'block'
    readonly after: number
    readonly gate?: string
  }
}

export const hooksModule = import.meta.url

export type Offsets = { readonly wallMs: number; readonly monotonicMs: number }

/** Moves the clocks of the servers that read `file`. */
export function moveClock(file: string, offsets: Offsets): void {
  writeFileSync(`${file}.new`, JSON.stringify(offsets))
  renameSync(`${file}.new`, file)
}

export function hooks({ clockFile, failpoint }: HookData): { clock?: Clock; failpoint?: Failpoints } {
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

/** At its `after`th passing of `name` (0: the first) the process is killed, or blocks from then on while the gate file is there. */
function failing({ name, action, after, gate }: NonNullable<HookData['failpoint']>): Failpoints {
  let passed = 0
  return (here) => {
    if (here !== name || passed++ < after) return
    if (action === 'kill') process.kill(process.pid, 'SIGKILL')
    while (gate !== undefined && existsSync(gate)) Atomics.wait(nap, 0, 0, 5)
  }
}
