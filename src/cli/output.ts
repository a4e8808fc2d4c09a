/** What a command prints: for a person in lines, with --json for a program. */

export type Print = { readonly json: boolean }

/** @param lines for a person; `value` for a program. */
export function print({ json }: Print, value: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${lines.join('\n')}\n`)
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

/** Milliseconds since 1970 as text of the API -> a time that people read; '-' for none. */
export function time(millis: string | undefined): string {
  return millis === undefined || millis === '' ? '-' : new Date(Number(millis)).toISOString().replace('.000Z', 'Z')
}
