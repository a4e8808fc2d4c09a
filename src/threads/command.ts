/** The command: reads what it was asked, starts it, stops it in order. */
import { Command } from 'commander'
import packageFile from '../../package.json' with { type: 'json' }
import { addClientCommands } from '../cli/commands.ts'
import { CliFailure, exitCodes } from '../cli/failure.ts'
import { type Config, ConfigError, type Flags, readConfig, serverFlags } from '../config.ts'
import { KmsError } from '../domain/errors.ts'
import { RootUnavailable } from '../ports/root.ts'
import { StoreUnavailable } from '../ports/store.ts'
import { FolderInUse } from '../store/folder.ts'
import { SchemaTooNew } from '../store/schema-too-new.ts'
import type { HookSource } from './hooks.ts'
import { addProjectCommands } from './project-command.ts'
import type { Service } from './service.ts'

const stopGraceMs = 10_000
/** A terminal sends one interrupt to every process of a group, so a second one at once means nothing. */
const impatienceMs = 1000

/** @param hooks only the tests' own entry point gives any. */
export async function runCommand(argv: readonly string[], hooks?: HookSource): Promise<void> {
  const program = new Command('holdfast').description('Key management that you run yourself').version(packageFile.version)
  // A command line that is wrong ends with the code that docs/cli.md names; help that was asked for does not.
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.usage))
  const server = program.command('server').description('run the server')
  for (const [flag, help] of serverFlags) server.option(flag, help)
  server.action((flags: Flags) => serve(flags, hooks))
  addProjectCommands(program, readFlags, hooks)
  addClientCommands(program, process.env)
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    fail(error)
  }
}

function readFlags(flags: Flags): Config {
  return readConfig(flags, process.env)
}

async function serve(flags: Flags, hooks: HookSource): Promise<void> {
  const config = readFlags(flags)
  // Here and not above: a command that is a client of a server starts in half the time without what a server is made of.
  const { startService } = await import('./service.ts')
  const service = await startService(config, hooks)
  // Who reads the line may send a signal at once.
  stopOnSignals(service)
  process.stdout.write(`holdfast ready on ${service.url}\n`)
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
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal)
}

/** What a person at the terminal can mend is told in one line; threads that began already must not keep the process. */
function fail(error: unknown): never {
  if (error instanceof CliFailure) {
    process.stderr.write(`holdfast: ${error.message}\n`)
    process.exit(error.exitCode)
  }
  if (!isExpected(error)) throw error
  process.stderr.write(`holdfast: ${error.message}\n`)
  process.exit(1)
}

/** Failures that a person at the terminal can mend, told in one line. */
function isExpected(error: unknown): error is Error {
  const known = [KmsError, ConfigError, RootUnavailable, FolderInUse, SchemaTooNew, StoreUnavailable]
  return (
    known.some((kind) => error instanceof kind) ||
    ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '')
  )
}
