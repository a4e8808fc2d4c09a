/**
 * What other clients get during an attack: calls at a steady pace, how many succeed, how long the
 * slowest takes.
 */
import { setTimeout as sleep } from 'node:timers/promises'

export type Pace = {
  readonly done: number
  readonly failed: number
  readonly slowestMs: number
  readonly failures: readonly string[]
}

/**
 * Calls one after the other until `until` settles.
 * @param call throws, or returns a message, when it fails.
 */
export async function paceOf(
  call: () => Promise<string | undefined>,
  everyMs: number,
  until: Promise<unknown>,
): Promise<Pace> {
  let isOver = false
  void until.finally(() => {
    isOver = true
  })
  let done = 0
  let slowestMs = 0
  const failures: string[] = []
  while (!isOver) {
    const startedAt = performance.now()
    const failure = await call().catch((error: unknown) => String(error))
    if (failure === undefined) done++
    else failures.push(failure)
    slowestMs = Math.max(slowestMs, performance.now() - startedAt)
    await sleep(everyMs)
  }
  return { done, failed: failures.length, slowestMs, failures: [...new Set(failures)] }
}
