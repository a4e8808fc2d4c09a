/** What a command prints: for a person in lines, with --json for a program. */
import { fstatSync, statSync } from 'node:fs'
import { devNull } from 'node:os'
import { instantText } from '../domain/instants.ts'
import { systemReason } from '../ports/system-reason.ts'
import { CliFailure } from './failure.ts'

const standardOutput = 1

export type Print = { readonly json: boolean }

/** @param lines for a person; `value` for a program. */
export function print({ json }: Print, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${lines.join('\n')}\n`)
}

/**
 * Prints what is kept nowhere else, and returns once it is out: nothing may rest on it before.
 * @throws CliFailure where nobody can see it.
 */
export async function printShown(text: string): Promise<void> {
  if (isNowhere(standardOutput))
    throw new CliFailure(
      'refused',
      'the passphrase cannot be shown: standard output is closed or discarded; nothing was kept',
    )
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => {
      if (error === null || error === undefined) return resolve()
      const why = `the passphrase cannot be shown: ${systemReason(error)}; nothing was kept`
      reject(new CliFailure('refused', why, { cause: error }))
    })
  })
}

/**
 * Whether a file is the null device, which is also what Node puts in the place of one that was
 * closed.
 */
function isNowhere(fd: number): boolean {
  const { rdev } = fstatSync(fd)
  return rdev !== 0 && rdev === statSync(devNull, { throwIfNoEntry: false })?.rdev
}

/** Columns as wide as their widest value. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)))
  return all.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** A word about work that takes a while, where somebody looks. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${text}\n`)
}

/**
 * Milliseconds since 1970 as text of the API -> a time that people read; '-' for none. Never
 * throws.
 */
export function time(millis: string | undefined): string {
  return millis === undefined || millis === ''
    ? '-'
    : instantText(Number(millis)).replace('.000Z', 'Z')
}
