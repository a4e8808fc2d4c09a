/**
 * How a command fails: one line for a person and an exit code for a script. docs/cli.md documents
 * the codes.
 */

export const exitCodes = {
  /** Refused by the server, or a failed check. */
  refused: 1,
  /** The command line is wrong: a flag, a file, a value. */
  usage: 2,
  unreachable: 3,
  /** Credentials are missing, wrong or insufficient. */
  notPermitted: 4,
  noSuchKey: 5,
} as const

export type Failing = keyof typeof exitCodes

export class CliFailure extends Error {
  readonly exitCode: number

  constructor(failing: Failing, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.exitCode = exitCodes[failing]
  }
}
