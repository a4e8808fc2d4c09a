/**
 * Whether the server can be reached: tried again by itself, after longer and longer, until it
 * answers.
 */
import { Store } from './store.ts'

/** Seconds until the next try; null while all is well. */
export const waiting = new Store<number | null>(null)

const longestWaitSeconds = 15
let wait = 1
let timer: ReturnType<typeof setInterval> | undefined
let onBack = (): void => {}

/** @param back what to do once the server answers again. */
export function setOnBack(back: () => void): void {
  onBack = back
}

export function connectionLost(): void {
  if (timer !== undefined) return
  waiting.set(wait)
  timer = setInterval(() => {
    const left = (waiting.get() ?? 1) - 1
    if (left > 0) return waiting.set(left)
    void tryNow()
  }, 1000)
}

export function connectionFound(): void {
  if (timer === undefined) return
  clearInterval(timer)
  timer = undefined
  wait = 1
  waiting.set(null)
  onBack()
}

export async function tryNow(): Promise<void> {
  try {
    const answer = await fetch('/healthz', { cache: 'no-store' })
    if (answer.ok) return connectionFound()
  } catch {
    // Still away.
  }
  wait = Math.min(longestWaitSeconds, wait * 2)
  waiting.set(wait)
}
