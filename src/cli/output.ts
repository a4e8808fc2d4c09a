/** What a command prints: lines for a person, or JSON for a program with --json. */
import { fstatSync, statSync } from 'node:fs'
import { devNull } from 'node:os'
import { instantText } from '../domain/instants.ts'
import { systemReason } from '../ports/system-reason.ts'
import { CliFailure } from './failure.ts'

const standardOutput = 1

export type Print = { readonly json: boolean }

/**
 * @param value for a program.
 * @param lines for a person.
 */
export function print({ json }: Print, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${lines.join('\n')}\n`)
}

/**
 * Prints what is stored nowhere else, and returns once it has been written: nothing may depend on
 * it before.
 * @throws CliFailure if nobody can see it.
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

/** Whether a file descriptor is the null device, which Node also opens in place of a closed one. */
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

/** Reports the progress of slow work, if standard error is a terminal. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${text}\n`)
}

/**
 * Converts the API's milliseconds since 1970 to a readable time, or '-' for an empty value. Never
 * throws.
 */
export function time(millis: string | undefined): string {
  return millis === undefined || millis === ''
    ? '-'
    : instantText(Number(millis)).replace('.000Z', 'Z')
}
