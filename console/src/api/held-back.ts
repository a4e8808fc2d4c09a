/**
 * While too many wrong passwords hold a form back, the server looks at none: the page counts down
 * and then lets the person try again.
 */
import { useEffect, useReducer } from 'react'
import { Refusal } from './call.ts'

const tickMs = 250

/** Whole seconds until a password is looked at again; 0 when nothing holds it back. */
export function secondsLeft(error: unknown): number {
  if (!(error instanceof Refusal) || error.code !== 'sign-in-held-back') return 0
  return Math.max(0, Math.ceil(((error.retryAt ?? 0) - Date.now()) / 1000))
}

/**
 * @param error what a form got.
 * @returns the seconds that are left, at every moment, and the error as long as it is one.
 */
export function useHeldBack(error: unknown): { readonly left: number; readonly standing: unknown } {
  const [, tick] = useReducer((count: number) => count + 1, 0)
  const left = secondsLeft(error)
  const isHeld = left > 0
  useEffect(() => {
    if (!isHeld) return
    const timer = setInterval(tick, tickMs)
    return () => clearInterval(timer)
  }, [isHeld])
  const isOver = !isHeld && error instanceof Refusal && error.code === 'sign-in-held-back'
  return { left, standing: isOver ? undefined : error }
}
