/** The command: parses its arguments, starts what they name, and stops it in order. */
import { isatty } from 'node:tty'
import { Command } from 'commander'
import packageFile from '../../../package.json' with { type: 'json' }
import { addClientCommands } from '../../cli/commands/all.ts'
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
import { SignalledStop } from '../signalled-stop.ts'
import { addClockCommands } from './clock-command.ts'
import { addMoveCommand } from './move-command.ts'
import { addProjectCommands } from './project-command.ts'
import { addRecoverCommand } from './recover-command.ts'
import { addUnlockCommand } from './unlock-command.ts'
import { addUpgradeCommand } from './upgrade-command.ts'

/** If set, the stack of a failure is printed after its line. It may quote input. */
const stackVariable = 'HOLDFAST_STACK'

let isServing = false

/** @param hooks passed only by the tests' own entry point. */
export async function runCommand(argv: readonly string[], hooks?: HookSource): Promise<void> {
  const program = new Command('holdfast')
    .description('Key management that you run yourself')
    .version(packageFile.version)
  // A wrong command line exits with the code in docs/cli.md; requested help does not.
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.usage))
  const server = program.command('server').description('run the server')
  for (const [flag, help] of serverFlags) server.option(flag, help)
  server.action((flags: Flags) => serve(flags, hooks))
  addProjectCommands(program, readFlags, hooks)
  addClockCommands(program, readFlags, hooks)
  addUnlockCommand(program, readFlags, hooks)
  addRecoverCommand(program, readFlags, hooks)
  addUpgradeCommand(program, readFlags, hooks)
  addMoveCommand(program, readFlags, hooks)
  addClientCommands(program, process.env)
  // Without a listener, a closed pipe would end the process immediately; the code that writes gets
  // the error itself.
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
 * A server continues if nobody reads what it prints; an answer that could not be written is a
 * failure.
 * @throws CliFailure.
 */
async function allPrinted(failure: () => Error | undefined): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => setImmediate(resolve)))
  const error = failure()
  if (error === undefined) return
  throw new CliFailure(
    'refused',
    `the answer could not be written to standard output: ${systemReason(error)}; the command itself was carried out`,
    { cause: error },
  )
}

function readFlags(flags: Flags): Config {
  return readConfig(flags, process.env)
}

async function serve(flags: Flags, hooks: HookSource): Promise<void> {
  const config = readFlags(flags)
  // Set from here on, since a start takes a while.
  if (!isOnTerminal()) process.on('SIGHUP', () => undefined)
  // The server keeps running when nobody reads these any longer; the threads write through these
  // two as well.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  // Imported here and not above: a command that only calls a server starts in half the time without
  // the modules of the server.
  const { startService } = await import('../service.ts')
  const service = await startService(config, hooks)
  isServing = true
  // From here on the process ends as it does from every other thread: with everything known about
  // the fault.
  process.off('uncaughtException', fail)
  // A process that reads the line may send a signal at once.
  stopOnSignals(service, config.drainMs)
  process.stdout.write(`holdfast ready on ${service.url}\n`)
  service.introduce()
}

function stopOnSignals(service: Service, drainMs: number): void {
  const stop = new SignalledStop(service, drainMs)
  const onSignal = (signal: NodeJS.Signals): void => stop.hear(signal)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal)
  if (isOnTerminal()) process.on('SIGHUP', onSignal)
}

/**
 * Whether a hangup comes from this terminal. Node resets every signal to its default at start, so
 * it cannot be seen that nohup ignored SIGHUP; but nohup leaves no stream on a terminal, and
 * neither does a supervisor.
 */
function isOnTerminal(): boolean {
  return [0, 1, 2].some((stream) => isatty(stream))
}

/**
 * Failures that the user can fix are printed as one line; threads that have already started must
 * not keep the process alive.
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

/** Failures that the user can fix. */
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

/** For an address that cannot be resolved, the host name takes the place of the path. */
function systemLine(error: NodeJS.ErrnoException & { readonly hostname?: string }): string {
  const where = error.path ?? error.hostname
  return where === undefined ? systemReason(error) : `${where}: ${systemReason(error)}`
}

/** SQLite's own text for one of its result codes: it quotes no data. */
function isDatabaseError(error: unknown): error is Error & { readonly errstr: string } {
  return error instanceof Error && 'errstr' in error && typeof error.errstr === 'string'
}

/**
 * A fault of Holdfast. The text of an unknown error may quote input, so by default only its kind
 * and place are printed.
 */
function defectLine(error: unknown): string {
  const { name, code, stack }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error('not an error')
  const [, place = 'an unknown place'] = /\/(src\/[\w./-]+:\d+)/.exec(stack ?? '') ?? []
  const kind = code === undefined ? name : `${name} ${code}`
  return `this is a fault of Holdfast (${kind} at ${place}): please report it, with what ${stackVariable}=1 prints after this line`
}
