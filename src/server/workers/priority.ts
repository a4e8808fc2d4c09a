/**
 * Which threads take precedence when processors are scarce: those that answer requests and write,
 * then operations, then key generation.
 */
import { setPriority } from 'node:os'

const nice = { requests: 5, operations: 15 } as const

/**
 * Lets the named threads, and those before them, take precedence. Linux sets the priority per
 * thread; elsewhere this would slow the whole process.
 */
export function yieldTo(others: keyof typeof nice): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, nice[others])
  } catch {
    // A sandbox may forbid it; then all threads are equal.
  }
}
