/**
 * Calls and errors by time, from the counts of the API: every step of the span is listed, with zero
 * where nothing was counted.
 */
import { instantText } from '../../../../src/domain/instants.ts'
import type { CallCounts, Span } from '../../api/admin.ts'

export type CallsFigures = {
  /** Beginning of each step, milliseconds since 1970. */
  readonly times: readonly number[]
  /** Allowed calls of the busiest operations, one list of numbers each; the others are one. */
  readonly operations: readonly { readonly name: string; readonly counts: readonly number[] }[]
  readonly errors: readonly number[]
  readonly total: number
  /** Milliseconds of a step. */
  readonly width: number
  /** What was counted, milliseconds since 1970: the first and the last step may reach beyond it. */
  readonly from: number
  readonly to: number
}

/** What one step counted, milliseconds since 1970; partial when that is less than its width. */
export type CountedStep = {
  readonly from: number
  readonly to: number
  readonly isPartial: boolean
}

export const otherOperations = 'other'
const shown = 4
/** Points of a month by the hour are more than can be seen. */
const stepsOfMonth = 6

export function callsFigures({ width, from, to, counts }: CallCounts, span: Span): CallsFigures {
  const joined = span === 'month' ? stepsOfMonth : 1
  const step = width * joined
  const start = Math.floor(from / step) * step
  const length = Math.floor((to - start) / step) + 1
  const times = Array.from({ length }, (_, i) => start + i * step)
  const byOperation = new Map<string, number[]>()
  const errors = new Array<number>(length).fill(0)
  let total = 0
  for (const { at, calls } of counts) {
    const index = Math.floor((at - start) / step)
    if (index < 0 || index >= length) continue
    for (const [operation, outcomes] of Object.entries(calls)) {
      const line = byOperation.get(operation) ?? new Array<number>(length).fill(0)
      byOperation.set(operation, line)
      for (const [outcome, count] of Object.entries(outcomes)) {
        total += count
        if (outcome === 'ok') line[index] = (line[index] ?? 0) + count
        else errors[index] = (errors[index] ?? 0) + count
      }
    }
  }
  const sum = (line: readonly number[]): number => line.reduce((a, b) => a + b, 0)
  const sorted = [...byOperation]
    .filter(([, line]) => sum(line) > 0)
    .toSorted(([, a], [, b]) => sum(b) - sum(a))
  const operations = sorted.slice(0, shown).map(([name, line]) => ({ name, counts: line }))
  const rest = sorted.slice(shown)
  if (rest.length > 0)
    operations.push({
      name: otherOperations,
      counts: times.map((_, i) => rest.reduce((total, [, line]) => total + (line[i] ?? 0), 0)),
    })
  return { times, operations, errors, total, width: step, from, to }
}

/** @param index of a step, 0 for the first. */
export function countedStep({ times, width, from, to }: CallsFigures, index: number): CountedStep {
  const start = times[index] ?? from
  const counted = { from: Math.max(start, from), to: Math.min(start + width, to) }
  return { ...counted, isPartial: counted.to - counted.from < width }
}

/**
 * The same for a spreadsheet, one row a step with the time it covers. No cell can be taken for a
 * formula: all are numbers and our own names.
 */
export function callsCsv(figures: CallsFigures): string {
  const { times, operations, errors } = figures
  const head = ['from', 'to', ...operations.map(({ name }) => name), 'errors'].join(',')
  const rows = times.map((_, i) => {
    const { from, to } = countedStep(figures, i)
    return [
      instantText(from),
      instantText(to),
      ...operations.map(({ counts }) => counts[i] ?? 0),
      errors[i] ?? 0,
    ].join(',')
  })
  return `${[head, ...rows].join('\r\n')}\r\n`
}
