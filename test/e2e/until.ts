import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until `condition` holds. @throws Error when it does not within `limitMs`. */
export async function until(
  condition: () => Promise<boolean> | boolean,
  limitMs: number,
): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`the condition did not hold within ${limitMs} ms`)
    await sleep(50)
  }
}
