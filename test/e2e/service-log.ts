/** The log of a server, as an operator's tools read it: lines of JSON on standard error. */

export type LogLine = {
  readonly event: string
  readonly level: number
  readonly thread: string
  readonly msg: string
  readonly [field: string]: unknown
}

const isOfLog = (line: string): boolean => line.startsWith('{"level":')

/** The complete lines of the log in what was printed. */
export function logIn(printed: string): readonly LogLine[] {
  return printed
    .split('\n')
    .slice(0, -1)
    .filter(isOfLog)
    .map((line) => JSON.parse(line))
}

/** What was printed besides the log. */
export function besidesLog(printed: string): string {
  return printed
    .split('\n')
    .filter((line) => !isOfLog(line))
    .join('\n')
}
