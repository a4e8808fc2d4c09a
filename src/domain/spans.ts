/** Times and spans of time as people read them. */
import { instantText } from './instants.ts'

const units = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1000],
] as const

/**
 * In the largest unit of which there are at least two, rounded down: 90 s are "90 seconds", 36 h
 * are "36 hours".
 */
export function spanText(ms: number): string {
  const [name, size] = units.find(([, one]) => ms >= 2 * one) ?? (['seconds', 1000] as const)
  return `${Math.max(2, Math.floor(ms / size))} ${name}`
}

/** An instant to the second, otherwise in the form of `instantText`. Never throws. */
export function secondText(ms: number): string {
  return instantText(ms).replace(/\.\d+Z$/, 'Z')
}
