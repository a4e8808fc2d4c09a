/**
 * The commands that are a client of a server, or need none. What they do is loaded when one of them
 * runs.
 */
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { keySpecs, keyUsages } from '../domain/keys/key-specs.ts'
import type { BackupFlags, RestoreFlags } from './backup.ts'
import type { Credentials } from './credentials.ts'
import type { DrillFlags } from './drill.ts'
import type { Change, Context, CreateFlags, ListFlags } from './keys.ts'
import type { CheckFlags, GenerateFlags, WrapFlags } from './material.ts'
import type { SucceedFlags } from './succeed.ts'

export type Environment = Readonly<Record<string, string | undefined>>
type Flags = Readonly<Record<string, string | boolean | string[] | undefined>>

const defaultData = './holdfast-data'
const specs = Object.keys(keySpecs).join(', ')

/**
 * Flags of which a command takes one: with two of them nobody knows which was meant. By the names
 * that commander makes of them.
 */
export const eitherOr: readonly (readonly string[])[] = [
  ['material', 'wrapped'],
  ['material', 'backup', 'share'],
  ['passphraseFile', 'identity'],
  ['passphraseFile', 'recipient', 'shares'],
]

/** How a file of material is read, where that takes a word of its owner. */
function reading(command: Command): Command {
  return command
    .option(
      '--reading <how>',
      'raw, hex, base64 or raw-line (without its line break), where more than one fits',
    )
    .option(
      '--passphrase-file <file>',
      'file that holds the passphrase of an encrypted file (default: it is asked for)',
    )
    .option('--identity <file>', 'file with an age identity')
}

export function addClientCommands(program: Command, environment: Environment): void {
  const places = new Places(environment)
  const remote = (command: Command): Command =>
    command
      .option(
        '--credentials <file>',
        `credentials file (default HOLDFAST_CREDENTIALS, or ${defaultData}/bootstrap.json)`,
      )
      .option('--endpoint <url>', 'address of the server (default that of the credentials)')
      .option('--ca <file>', 'PEM of the authority of the server’s certificate')
      .option('--json', 'answer in JSON')

  remote(program.command('status').description('whether a server is there and ready'))
    .option('--data <dir>', `data folder to look for bootstrap.json in (default ${defaultData})`)
    .action(async (flags: Flags) => {
      const { showStatus } = await import('./status.ts')
      await showStatus({ ...(await places.status(flags)), json: flags.json === true })
    })
  addKeyCommands(program.command('key').description('keys of a project'), places, remote)
  addMaterialCommands(
    program.command('material').description('material of your own, mostly without a server'),
    places,
    remote,
  )
  program
    .command('completion <shell>')
    .description('print a completion script for bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.ts')
      process.stdout.write(completionScript(program, shell))
    })
  takeEachOnce(program)
}

/**
 * A flag that is said twice, or two flags of which a command takes one, are refused: no value is
 * passed over.
 */
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
      throw new InvalidArgumentError(`It was said before, as ${earlier}; say it once.`)
    })
  }
  for (const one of command.commands) takeEachOnce(one)
}

function addKeyCommands(key: Command, places: Places, remote: (command: Command) => Command): void {
  type Keys = typeof import('./keys.ts')
  const act =
    <F>(run: (keys: Keys, context: Context, name: string, flags: F) => Promise<void>) =>
    async (name: string, flags: Flags & F): Promise<void> =>
      run(await import('./keys.ts'), await places.context(flags), name, flags)
  const named = (name: string, description: string): Command =>
    remote(key.command(`${name} <key>`).description(`${description} (KEY is an ID or an alias)`))

  remote(key.command('list').description('list the keys'))
    .option('--state <state>', 'enabled, disabled, pending-deletion or pending-import')
    .option('--spec <spec>', 'keys of one spec')
    .action(async (flags: Flags & ListFlags) =>
      (await import('./keys.ts')).listKeys(await places.context(flags), flags),
    )
  named('show', 'show a key').action(act((keys, context, name) => keys.showKey(context, name)))
  remote(key.command('create').description('make a key; prints its ID'))
    .requiredOption('--alias <alias>', 'alias of the key')
    .option('--description <text>', 'description of the key')
    .option('--spec <spec>', `${specs} (default AES_256)`)
    .option('--usage <usage>', `${keyUsages.join(', ')} (default the usual one of the spec)`)
    .option('--external', 'with empty material, to import your own')
    .action(async (flags: Flags & CreateFlags) =>
      (await import('./keys.ts')).createKey(await places.context(flags), flags),
    )
  reading(named('import', 'import material'))
    .option('--material <file>', 'file of the material; docs/cli.md has the formats')
    .option('--wrapped <file>', 'what holdfast material wrap wrote')
    .option('--expires <time>', 'when the material expires, such as 2027-01-31T12:00:00Z')
    .action(act((keys, context, name, flags) => keys.importMaterial(context, name, flags)))
  const changes: readonly [name: string, change: Change, description: string][] = [
    ['enable', 'enable-key', 'enable a key'],
    ['disable', 'disable-key', 'disable a key'],
    [
      'cancel-deletion',
      'cancel-key-deletion',
      'keep a key that is pending deletion; it is disabled afterwards',
    ],
    ['rotate', 'rotate-on-demand', 'give a key that was made here fresh material'],
  ]
  for (const [name, change, description] of changes)
    named(name, description).action(act((keys, context, id) => keys.changeKey(context, change, id)))
  named('delete-material', 'erase imported material; the key stays')
    .option('--yes', 'do not ask')
    .option('--without-drill', 'even if no backup of it was proved recently')
    .action(act((keys, context, name, flags) => keys.deleteMaterial(context, name, flags)))
  reading(
    named(
      'succeed',
      'give an imported key a successor with material of its own, to which the alias moves',
    ),
  )
    .requiredOption('--material <file>', 'material of the successor; docs/cli.md has the formats')
    .option('--expires <time>', 'when the material expires, such as 2027-01-31T12:00:00Z')
    .action(async (name: string, flags: Flags & SucceedFlags) => {
      const { succeedKey } = await import('./succeed.ts')
      await succeedKey(await places.context(flags), name, flags)
    })
  addAliasCommands(
    key.command('alias').description('further aliases, which move from key to key'),
    places,
    remote,
  )
  named('schedule-deletion', 'schedule the deletion of a key')
    .requiredOption('--days <n>', '7 to 1096')
    .option('--yes', 'do not ask')
    .action(act((keys, context, name, flags) => keys.scheduleDeletion(context, name, flags)))
}

function addAliasCommands(
  alias: Command,
  places: Places,
  remote: (command: Command) => Command,
): void {
  const load = () => import('./aliases.ts')
  remote(
    alias.command('list [key]').description('list the aliases of a key, or of all keys'),
  ).action(async (key: string | undefined, flags: Flags) =>
    (await load()).listAliases(await places.context(flags), key),
  )
  remote(
    alias
      .command('add <key> <alias>')
      .description('let an alias, such as alias/orders, point to a key'),
  ).action(async (key: string, name: string, flags: Flags) =>
    (await load()).addAlias(await places.context(flags), key, name),
  )
  remote(
    alias
      .command('remove <key> <alias...>')
      .description('take aliases away from a key, all or none'),
  ).action(async (key: string, names: string[], flags: Flags) =>
    (await load()).removeAliases(await places.context(flags), key, names),
  )
  remote(
    alias.command('move <alias> <key>').description('let an alias point to another key'),
  ).action(async (name: string, key: string, flags: Flags) =>
    (await load()).moveAlias(await places.context(flags), name, key),
  )
}

function addMaterialCommands(
  material: Command,
  places: Places,
  remote: (command: Command) => Command,
): void {
  const offline = (name: string, description: string): Command =>
    material.command(name).description(description).option('--json', 'answer in JSON')
  const print = (flags: Flags): { json: boolean } => ({ json: flags.json === true })
  offline('generate', 'make material from the random source of this machine')
    .requiredOption('--spec <spec>', specs)
    .requiredOption('--out <file>', 'where to write it; nothing is overwritten')
    .action(async (flags: Flags & GenerateFlags) =>
      (await import('./material.ts')).generateMaterial(print(flags), flags),
    )
  reading(offline('wrap', 'wrap material for an import, on a machine without a server'))
    .requiredOption('--material <file>', 'file of the material; docs/cli.md has the formats')
    .requiredOption('--parameters <file>', 'answer of get-parameters-for-import')
    .requiredOption('--spec <spec>', 'spec of the key')
    .requiredOption('--out <file>', 'where to write it; nothing is overwritten')
    .action(async (flags: Flags & WrapFlags) =>
      (await import('./material.ts')).wrapForImport(print(flags), flags),
    )
  reading(
    offline('check', 'tell the check value of material, and what an import would refuse it for'),
  )
    .requiredOption('--key-id <id>', 'ID of the key it belongs to')
    .requiredOption('--spec <spec>', 'spec of the key')
    .requiredOption('--material <file>', 'the material')
    .action(async (flags: Flags & CheckFlags) =>
      (await import('./material.ts')).checkMaterial(print(flags), flags),
    )
  const opened = (command: Command): Command =>
    command
      .option('--backup <file>', 'age file of holdfast material backup, or of any age')
      .option('--share <file...>', 'files of shares')
      .option(
        '--passphrase-file <file>',
        'file that holds the passphrase (default: it is asked for)',
      )
      .option('--identity <file>', 'file with an age identity')
  offline('backup', 'back material up: an age file, or shares on paper')
    .requiredOption('--material <file>', 'the material')
    .requiredOption('--out <file>', 'where to write it; with --shares the beginning of the names')
    .option('--passphrase-file <file>', 'file that holds the passphrase (default: it is asked for)')
    .option('--recipient <recipient...>', 'age recipients (age1...), instead of a passphrase')
    .option('--shares <n>', 'number of shares to make, 2 to 16, instead of an age file')
    .option('--threshold <k>', 'number of shares that restore the material (default 3)')
    .action(async (flags: Flags & BackupFlags) =>
      (await import('./backup.ts')).backupMaterial(print(flags), flags),
    )
  opened(offline('restore', 'restore material from a backup'))
    .requiredOption('--out <file>', 'where to write it; nothing is overwritten')
    .action(async (flags: Flags & RestoreFlags) =>
      (await import('./backup.ts')).restoreMaterial(print(flags), flags),
    )
  opened(
    remote(
      material
        .command('drill <key>')
        .description('prove that a backup holds the material of a key; nothing is imported'),
    ),
  )
    .option('--material <file>', 'the material itself, where that is the backup')
    .option(
      '--reading <how>',
      'raw, hex, base64 or raw-line (without its line break), where more than one fits',
    )
    .action(async (name: string, flags: Flags & DrillFlags) =>
      (await import('./drill.ts')).drillMaterial(await places.context(flags), name, flags),
    )
}

/** Where the server and its credentials are, out of flags and environment. */
class Places {
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  async context(flags: Flags): Promise<Context> {
    const { readCredentials } = await import('./credentials.ts')
    const { kmsClient } = await import('./kms-client.ts')
    const credentials = readCredentials(this.#file(flags))
    const kms = kmsClient(credentials, text(flags.endpoint) ?? credentials.endpoint, {
      ca: text(flags.ca),
    })
    return { kms, json: flags.json === true }
  }

  async status(flags: Flags) {
    const { existsSync } = await import('node:fs')
    const { readCredentials } = await import('./credentials.ts')
    const file = this.#file(flags)
    const named =
      flags.credentials !== undefined || this.#environment.HOLDFAST_CREDENTIALS !== undefined
    const credentials: Credentials | undefined =
      named || existsSync(file) ? readCredentials(file) : undefined
    const endpoint = text(flags.endpoint) ?? credentials?.endpoint ?? 'http://127.0.0.1:8320'
    return {
      credentials,
      endpoint,
      ca: text(flags.ca),
      bootstrap: join(this.#data(flags), 'bootstrap.json'),
    }
  }

  #file(flags: Flags): string {
    return (
      text(flags.credentials) ??
      this.#environment.HOLDFAST_CREDENTIALS ??
      join(this.#data(flags), 'bootstrap.json')
    )
  }

  #data(flags: Flags): string {
    return text(flags.data) ?? this.#environment.HOLDFAST_DATA ?? defaultData
  }
}

function text(flag: Flags[string]): string | undefined {
  return typeof flag === 'string' ? flag : undefined
}
