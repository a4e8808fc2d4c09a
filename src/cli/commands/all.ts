/**
 * The commands that act as a client of a server or need no server. Their implementation is loaded
 * when one of them runs.
 */
import { type Command, InvalidArgumentError } from 'commander'
import { addKeyCommands } from './keys.ts'
import { addMaterialCommands } from './material.ts'
import { remote } from './options.ts'
import { defaultData, type Environment, type Flags, Places } from './places.ts'

/**
 * Mutually exclusive flags, by the names that commander gives them: with two of them, the intent is
 * ambiguous.
 */
export const eitherOr: readonly (readonly string[])[] = [
  ['material', 'wrapped'],
  ['material', 'backup', 'share'],
  ['passphraseFile', 'identity'],
  ['passphraseFile', 'recipient', 'shares'],
]

export function addClientCommands(program: Command, environment: Environment): void {
  const places = new Places(environment)
  remote(program.command('status').description('show whether a server is running and ready'))
    .option('--data <dir>', `data folder that contains bootstrap.json (default: ${defaultData})`)
    .action(async (flags: Flags) => {
      const { showStatus } = await import('../status.ts')
      await showStatus({ ...(await places.status(flags)), json: flags.json === true })
    })
  addKeyCommands(program.command('key').description('manage the keys of a project'), places)
  addMaterialCommands(
    program
      .command('material')
      .description('generate, wrap and back up your own key material, mostly offline'),
    places,
  )
  program
    .command('completion <shell>')
    .description('print a completion script for bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionScript } = await import('../completion.ts')
      process.stdout.write(completionScript(program, shell))
    })
  takeEachOnce(program)
}

/** Rejects repeated flags and mutually exclusive ones, so that no value is silently ignored. */
function takeEachOnce(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName()
    option.conflicts(
      eitherOr
        .filter((names) => names.includes(name))
        .flatMap((names) => names.filter((one) => one !== name)),
    )
    if (
      option.isBoolean() ||
      option.variadic ||
      option.parseArg !== undefined ||
      option.defaultValue !== undefined
    )
      continue
    option.argParser((value: string, earlier: string | undefined) => {
      if (earlier === undefined) return value
      throw new InvalidArgumentError(`It was already given as ${earlier}; give it only once.`)
    })
  }
  for (const one of command.commands) takeEachOnce(one)
}
