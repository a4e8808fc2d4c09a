/** The command: reads what it was asked, starts it, stops it in order. */
import { isatty } from 'node:tty'
import { Command } from 'commander'
import packageFile from '../../../package.json' with { type: 'json' }
import { addClientCommands } from '../../cli/commands.ts'
import { CliFailure, exitCodes } from '../../cli/failure.ts'
import { type Config, ConfigError, type Flags, readConfig, serverFlags } from '../../config.ts'
import { KmsError } from '../../domain/errors.ts'
import { FileNotWritten, NameTaken, OnlyCopyKept } from '../../ports/new-files.ts'
import { FileNotPrivate } from '../../ports/private-file.ts'
import { RootUnavailable } from '../../ports/root.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import { systemReason } from '../../ports/system-reason.ts'
import { FolderInUse } from '../../store/folder.ts'
import { SchemaAltered } from '../../store/schema.ts'
import { SchemaTooNew } from '../../store/schema-too-new.ts'
import type { HookSource } from '../hooks.ts'
import { NotListening } from '../listening.ts'
import type { Service } from '../service.ts'
import { addClockCommands } from './clock-command.ts'
import { addProjectCommands } from './project-command.ts'
import { addUnlockCommand } from './unlock-command.ts'

const stopGraceMs = 10_000
/**
 * A terminal sends one interrupt to every process of a group, so a second one at once means
 * nothing.
 */
const impatienceMs = 1000

/** Set, the stack of a failure is printed after its line. It may quote what was given. */
const stackVariable = 'HOLDFAST_STACK'

let isServing = false

/** @param hooks only the tests' own entry point gives any. */
export async function runCommand(argv: readonly string[], hooks?: HookSource): Promise<void> {
  const program = new Command('holdfast')
    .description('Key management that you run yourself')
    .version(packageFile.version)
  // A command line that is wrong ends with the code that docs/cli.md names; help that was asked for
  // does not.
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.usage))
  const server = program.command('server').description('run the server')
  for (const [flag, help] of serverFlags) server.option(flag, help)
  server.action((flags: Flags) => serve(flags, hooks))
  addProjectCommands(program, readFlags, hooks)
  addClockCommands(program, readFlags, hooks)
  addUnlockCommand(program, readFlags, hooks)
  addClientCommands(program, process.env)
  // Without somebody who listens, a closed pipe would end the process where it stands; those who
  // write hear of it themselves.
  let unwritten: Error | undefined
  process.stdout.on('error', (error) => {
    unwritten ??= error
  })
  process.stderr.on('error', () => {})
  process.on('uncaughtException', fail)
  try {
    await program.parseAsync(argv, { from: 'user' })
    if (!isServing) await allPrinted(() => unwritten)
  } catch (error) {
    fail(error)
  }
}

/**
 * A server goes on when nobody reads what it prints; an answer that nobody got is a failure.
 * @throws CliFailure.
 */
async function allPrinted(failure: () => Error | undefined): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => setImmediate(resolve)))
  const error = failure()
  if (error === undefined) return
  throw new CliFailure(
    'refused',
    `the answer could not be written to standard output: ${systemReason(error)}; what the command did is done`,
    { cause: error },
  )
}

function readFlags(flags: Flags): Config {
  return readConfig(flags, process.env)
}

async function serve(flags: Flags, hooks: HookSource): Promise<void> {
  const config = readFlags(flags)
  // From here on, since a start takes a while.
  if (!isOnTerminal()) process.on('SIGHUP', () => undefined)
  // That nobody reads them any more ends no server; the threads write through these two as well.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  // Here and not above: a command that is a client of a server starts in half the time without what
  // a server is made of.
  const { startService } = await import('../service.ts')
  const service = await startService(config, hooks)
  isServing = true
  // From here on the process ends as it does in every other thread: with all that is known of the
  // fault.
  process.off('uncaughtException', fail)
  // Who reads the line may send a signal at once.
  stopOnSignals(service)
  process.stdout.write(`holdfast ready on ${service.url}\n`)
  service.introduce()
}

function stopOnSignals(service: Service): void {
  let firstAt: number | undefined
  const onSignal = async (): Promise<void> => {
    if (firstAt !== undefined) {
      if (performance.now() - firstAt > impatienceMs) process.exit(1)
      return
    }
    firstAt = performance.now()
    await service.stop(stopGraceMs)
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal)
  if (isOnTerminal()) process.on('SIGHUP', onSignal)
}

/**
 * Whether a hangup is this terminal's. Node makes every signal the default again when it starts, so
 * that nohup ignored SIGHUP is no longer seen; but nohup leaves no stream on a terminal, and nor
 * does a supervisor.
 */
function isOnTerminal(): boolean {
  return [0, 1, 2].some((stream) => isatty(stream))
}

/**
 * What a person at the terminal can fix is one line; threads that began already must not keep the
 * process.
 */
function fail(error: unknown): never {
  const { line, exitCode } = failureOf(error)
  process.stderr.write(`holdfast: ${line}\n`)
  if (process.env[stackVariable] !== undefined && error instanceof Error)
    process.stderr.write(`${error.stack}\n`)
  process.exit(exitCode)
}

function failureOf(error: unknown): { readonly line: string; readonly exitCode: number } {
  if (error instanceof CliFailure) return { line: error.message, exitCode: error.exitCode }
  const wrong = [NameTaken, FileNotWritten, ConfigError]
  if (wrong.some((kind) => error instanceof kind))
    return { line: (error as Error).message, exitCode: exitCodes.usage }
  if (isExpected(error)) return { line: error.message, exitCode: exitCodes.refused }
  if (isSystemError(error)) return { line: systemLine(error), exitCode: exitCodes.refused }
  if (isDatabaseError(error))
    return {
      line: `the database in the data folder cannot be used: ${error.errstr}`,
      exitCode: exitCodes.refused,
    }
  return { line: defectLine(error), exitCode: exitCodes.refused }
}

/** Failures that a person at the terminal can fix. */
function isExpected(error: unknown): error is Error {
  const known = [
    KmsError,
    RootUnavailable,
    FileNotPrivate,
    OnlyCopyKept,
    FolderInUse,
    NotListening,
    SchemaAltered,
    SchemaTooNew,
    StoreUnavailable,
  ]
  return known.some((kind) => error instanceof kind)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === 'number'
}

/** Of an address that cannot be looked up, the name takes the place of the path. */
function systemLine(error: NodeJS.ErrnoException & { readonly hostname?: string }): string {
  const where = error.path ?? error.hostname
  return where === undefined ? systemReason(error) : `${where}: ${systemReason(error)}`
}

/** SQLite's own words for one of its result codes: they quote nothing. */
function isDatabaseError(error: unknown): error is Error & { readonly errstr: string } {
  return error instanceof Error && 'errstr' in error && typeof error.errstr === 'string'
}

/**
 * A fault of Holdfast. The text of an unknown error may quote what was given, so its kind and place
 * are all that is said unasked.
 */
function defectLine(error: unknown): string {
  const { name, code, stack }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error('not an error')
  const [, place = 'an unknown place'] = /\/(src\/[\w./-]+:\d+)/.exec(stack ?? '') ?? []
  const kind = code === undefined ? name : `${name} ${code}`
  return `this is a fault of Holdfast (${kind} at ${place}): please report it, with what ${stackVariable}=1 prints after this line`
}
