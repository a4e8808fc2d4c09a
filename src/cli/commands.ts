/**
 * The commands that act as a client of a server or need no server. Their implementation is loaded
 * when one of them runs.
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
 * Mutually exclusive flags, by the names that commander gives them: with two of them, the intent is
 * ambiguous.
 */
export const eitherOr: readonly (readonly string[])[] = [
  ['material', 'wrapped'],
  ['material', 'backup', 'share'],
  ['passphraseFile', 'identity'],
  ['passphraseFile', 'recipient', 'shares'],
]

/** Flags that say how to read a file of material. */
function reading(command: Command): Command {
  return command
    .option(
      '--reading <how>',
      'how to read the file if that is ambiguous: raw, hex, base64 or raw-line (raw without the line break at its end)',
    )
    .option(
      '--passphrase-file <file>',
      'file with the passphrase, if the material is encrypted (default: prompt for it)',
    )
    .option('--identity <file>', 'file with the age identity, if the material is encrypted to one')
}

export function addClientCommands(program: Command, environment: Environment): void {
  const places = new Places(environment)
  const remote = (command: Command): Command =>
    command
      .option(
        '--credentials <file>',
        `credentials file (default: $HOLDFAST_CREDENTIALS or ${defaultData}/bootstrap.json)`,
      )
      .option('--endpoint <url>', 'URL of the server (default: the one in the credentials file)')
      .option('--ca <file>', 'PEM file with the CA certificate of the server')
      .option('--json', 'print JSON')

  remote(program.command('status').description('show whether a server is running and ready'))
    .option('--data <dir>', `data folder that contains bootstrap.json (default: ${defaultData})`)
    .action(async (flags: Flags) => {
      const { showStatus } = await import('./status.ts')
      await showStatus({ ...(await places.status(flags)), json: flags.json === true })
    })
  addKeyCommands(program.command('key').description('manage the keys of a project'), places, remote)
  addMaterialCommands(
    program
      .command('material')
      .description('generate, wrap and back up your own key material, mostly offline'),
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

function addKeyCommands(key: Command, places: Places, remote: (command: Command) => Command): void {
  type Keys = typeof import('./keys.ts')
  const act =
    <F>(run: (keys: Keys, context: Context, name: string, flags: F) => Promise<void>) =>
    async (name: string, flags: Flags & F): Promise<void> =>
      run(await import('./keys.ts'), await places.context(flags), name, flags)
  const named = (name: string, description: string): Command =>
    remote(key.command(name).argument('<key>', 'ID or alias of the key').description(description))

  remote(key.command('list').description('list keys'))
    .option(
      '--state <state>',
      'only keys in this state: enabled, disabled, pending-deletion or pending-import',
    )
    .option('--spec <spec>', 'only keys of this spec')
    .action(async (flags: Flags & ListFlags) =>
      (await import('./keys.ts')).listKeys(await places.context(flags), flags),
    )
  named('show', 'show a key').action(act((keys, context, name) => keys.showKey(context, name)))
  remote(key.command('create').description('create a key and print its ID'))
    .requiredOption('--alias <alias>', 'alias of the key')
    .option('--description <text>', 'description of the key')
    .option('--spec <spec>', `type of the key: ${specs} (default: AES_256)`)
    .option('--usage <usage>', `${keyUsages.join(', ')} (default: depends on the spec)`)
    .option('--external', 'create the key without material, to import your own')
    .action(async (flags: Flags & CreateFlags) =>
      (await import('./keys.ts')).createKey(await places.context(flags), flags),
    )
  reading(named('import', 'import material into a key'))
    .option('--material <file>', 'file with the material; docs/cli.md lists the formats')
    .option('--wrapped <file>', 'output of holdfast material wrap, instead of --material')
    .option('--expires <time>', 'when the material expires, for example 2027-01-31T12:00:00Z')
    .action(act((keys, context, name, flags) => keys.importMaterial(context, name, flags)))
  const changes: readonly [name: string, change: Change, description: string][] = [
    ['enable', 'enable-key', 'enable a key'],
    ['disable', 'disable-key', 'disable a key'],
    [
      'cancel-deletion',
      'cancel-key-deletion',
      'cancel the scheduled deletion of a key, which is then disabled',
    ],
    ['rotate', 'rotate-on-demand', 'rotate a key whose material Holdfast generated'],
  ]
  for (const [name, change, description] of changes)
    named(name, description).action(act((keys, context, id) => keys.changeKey(context, change, id)))
  named('delete-material', 'erase the imported material of a key; the key itself stays')
    .option('--yes', 'do not ask for confirmation')
    .option('--without-drill', 'proceed even if no backup was verified recently')
    .action(act((keys, context, name, flags) => keys.deleteMaterial(context, name, flags)))
  reading(
    named(
      'succeed',
      'replace an imported key with a new key with its own material, and move its aliases there',
    ),
  )
    .requiredOption(
      '--material <file>',
      'file with the material of the new key; docs/cli.md lists the formats',
    )
    .option('--expires <time>', 'when the material expires, for example 2027-01-31T12:00:00Z')
    .action(async (name: string, flags: Flags & SucceedFlags) => {
      const { succeedKey } = await import('./succeed.ts')
      await succeedKey(await places.context(flags), name, flags)
    })
  addAliasCommands(
    key.command('alias').description('manage additional aliases, which can move between keys'),
    places,
    remote,
  )
  named('schedule-deletion', 'schedule the deletion of a key')
    .requiredOption('--days <n>', 'days until the deletion, 7 to 1096')
    .option('--yes', 'do not ask for confirmation')
    .action(act((keys, context, name, flags) => keys.scheduleDeletion(context, name, flags)))
}

function addAliasCommands(
  alias: Command,
  places: Places,
  remote: (command: Command) => Command,
): void {
  const load = () => import('./aliases.ts')
  remote(
    alias.command('list [key]').description('list the aliases of one key or of all keys'),
  ).action(async (key: string | undefined, flags: Flags) =>
    (await load()).listAliases(await places.context(flags), key),
  )
  remote(
    alias
      .command('add <key> <alias>')
      .description('add an alias, for example alias/orders, to a key'),
  ).action(async (key: string, name: string, flags: Flags) =>
    (await load()).addAlias(await places.context(flags), key, name),
  )
  remote(
    alias
      .command('remove <key> <alias...>')
      .description('remove aliases from a key (either all of them or none)'),
  ).action(async (key: string, names: string[], flags: Flags) =>
    (await load()).removeAliases(await places.context(flags), key, names),
  )
  remote(alias.command('move <alias> <key>').description('move an alias to another key')).action(
    async (name: string, key: string, flags: Flags) =>
      (await load()).moveAlias(await places.context(flags), name, key),
  )
}

function addMaterialCommands(
  material: Command,
  places: Places,
  remote: (command: Command) => Command,
): void {
  const offline = (name: string, description: string): Command =>
    material.command(name).description(description).option('--json', 'print JSON')
  const print = (flags: Flags): { json: boolean } => ({ json: flags.json === true })
  offline('generate', 'generate key material on this machine')
    .requiredOption('--spec <spec>', `spec of the key: ${specs}`)
    .requiredOption('--out <file>', 'file to create; an existing file is never overwritten')
    .action(async (flags: Flags & GenerateFlags) =>
      (await import('./material.ts')).generateMaterial(print(flags), flags),
    )
  reading(offline('wrap', 'wrap material for an import, without access to a server'))
    .requiredOption('--material <file>', 'file with the material; docs/cli.md lists the formats')
    .requiredOption('--parameters <file>', 'response of get-parameters-for-import')
    .requiredOption('--spec <spec>', 'spec of the key')
    .requiredOption('--out <file>', 'file to create; an existing file is never overwritten')
    .action(async (flags: Flags & WrapFlags) =>
      (await import('./material.ts')).wrapForImport(print(flags), flags),
    )
  reading(
    offline(
      'check',
      'print the check value of material, and any fault that an import would reject',
    ),
  )
    .requiredOption('--key-id <id>', 'ID of the key that the material belongs to')
    .requiredOption('--spec <spec>', 'spec of the key')
    .requiredOption('--material <file>', 'file with the material')
    .action(async (flags: Flags & CheckFlags) =>
      (await import('./material.ts')).checkMaterial(print(flags), flags),
    )
  const opened = (command: Command): Command =>
    command
      .option('--backup <file>', 'age file, made by holdfast material backup or any other age tool')
      .option(
        '--share <file...>',
        'share files (FOLDER/ for all files in a folder), at least as many as the threshold',
      )
      .option(
        '--passphrase-file <file>',
        'file with the passphrase of the backup (default: prompt for it)',
      )
      .option('--identity <file>', 'file with the age identity, if the backup is encrypted to one')
  offline('backup', 'back up material as an encrypted age file or as shares on paper')
    .requiredOption('--material <file>', 'file with the material')
    .requiredOption('--out <file>', 'file to create; with --shares, prefix of the file names')
    .option(
      '--passphrase-file <file>',
      'file with the passphrase (default: prompt for it; with --json or without a terminal, generate and print one)',
    )
    .option(
      '--recipient <recipient...>',
      'encrypt to these age recipients (age1...) instead of a passphrase',
    )
    .option('--shares <n>', 'create this many shares (2 to 16) instead of an age file')
    .option('--threshold <k>', 'number of shares needed to restore the material (default: 3)')
    .action(async (flags: Flags & BackupFlags) =>
      (await import('./backup.ts')).backupMaterial(print(flags), flags),
    )
  opened(offline('restore', 'restore material from a backup'))
    .requiredOption('--out <file>', 'file to create; an existing file is never overwritten')
    .action(async (flags: Flags & RestoreFlags) =>
      (await import('./backup.ts')).restoreMaterial(print(flags), flags),
    )
  opened(
    remote(
      material
        .command('drill <key>')
        .description('verify that a backup holds the material of a key; nothing is imported'),
    ),
  )
    .option('--material <file>', 'file with the material itself, if that is your backup')
    .option(
      '--reading <how>',
      'how to read the file if that is ambiguous: raw, hex, base64 or raw-line (raw without the line break at its end)',
    )
    .action(async (name: string, flags: Flags & DrillFlags) =>
      (await import('./drill.ts')).drillMaterial(await places.context(flags), name, flags),
    )
}

/** Finds the server and its credentials from flags and environment. */
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
