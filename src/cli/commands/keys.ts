/** `holdfast key`: the keys of a project. */
import type { Command } from 'commander'
import { keySpecs, keyUsages } from '../../domain/keys/key-specs.ts'
import type { Change, Context, CreateFlags, ListFlags } from '../keys.ts'
import type { SucceedFlags } from '../succeed.ts'
import { addAliasCommands } from './aliases.ts'
import { materialFormats, reading, remote } from './options.ts'
import type { Flags, Places } from './places.ts'

const specs = Object.keys(keySpecs).join(', ')

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

const expires = [
  '--expires <time>',
  'when the material expires, for example 2027-01-31T12:00:00Z',
] as const

/** @param key the command that these belong to. */
export function addKeyCommands(key: Command, places: Places): void {
  const one = new OneKey(key, places)
  addListing(key, places)
  one
    .command('show', 'show a key')
    .action(one.act((keys, context, name) => keys.showKey(context, name)))
  addCreating(key, places)
  addImporting(one)
  for (const [name, change, description] of changes)
    one
      .command(name, description)
      .action(one.act((keys, context, id) => keys.changeKey(context, change, id)))
  addDeletingMaterial(one)
  addSucceeding(one, places)
  addAliasCommands(
    key.command('alias').description('manage additional aliases, which can move between keys'),
    places,
  )
  addSchedulingDeletion(one)
}

type Keys = typeof import('../keys.ts')

/** Commands that name one key. */
class OneKey {
  readonly #key: Command
  readonly #places: Places

  constructor(key: Command, places: Places) {
    this.#key = key
    this.#places = places
  }

  command(name: string, description: string): Command {
    return remote(
      this.#key.command(name).argument('<key>', 'ID or alias of the key').description(description),
    )
  }

  act<F>(run: (keys: Keys, context: Context, name: string, flags: F) => Promise<void>) {
    return async (name: string, flags: Flags & F): Promise<void> =>
      run(await import('../keys.ts'), await this.#places.context(flags), name, flags)
  }
}

function addListing(key: Command, places: Places): void {
  remote(key.command('list').description('list keys'))
    .option(
      '--state <state>',
      'only keys in this state: enabled, disabled, pending-deletion or pending-import',
    )
    .option('--spec <spec>', 'only keys of this spec')
    .action(async (flags: Flags & ListFlags) =>
      (await import('../keys.ts')).listKeys(await places.context(flags), flags),
    )
}

function addCreating(key: Command, places: Places): void {
  remote(key.command('create').description('create a key and print its ID'))
    .requiredOption('--alias <alias>', 'alias of the key')
    .option('--description <text>', 'description of the key')
    .option('--spec <spec>', `type of the key: ${specs} (default: AES_256)`)
    .option('--usage <usage>', `${keyUsages.join(', ')} (default: depends on the spec)`)
    .option('--external', 'create the key without material, to import your own')
    .action(async (flags: Flags & CreateFlags) =>
      (await import('../keys.ts')).createKey(await places.context(flags), flags),
    )
}

function addImporting(one: OneKey): void {
  reading(one.command('import', 'import material into a key'))
    .option('--material <file>', `file with the material; ${materialFormats}`)
    .option('--wrapped <file>', 'output of holdfast material wrap, instead of --material')
    .option(...expires)
    .action(one.act((keys, context, name, flags) => keys.importMaterial(context, name, flags)))
}

function addDeletingMaterial(one: OneKey): void {
  one
    .command('delete-material', 'erase the imported material of a key; the key itself stays')
    .option('--yes', 'do not ask for confirmation')
    .option('--without-drill', 'proceed even if no backup was verified recently')
    .action(one.act((keys, context, name, flags) => keys.deleteMaterial(context, name, flags)))
}

function addSucceeding(one: OneKey, places: Places): void {
  reading(
    one.command(
      'succeed',
      'replace an imported key with a new key with its own material, and move its aliases there',
    ),
  )
    .requiredOption(
      '--material <file>',
      `file with the material of the new key; ${materialFormats}`,
    )
    .option(...expires)
    .action(async (name: string, flags: Flags & SucceedFlags) => {
      const { succeedKey } = await import('../succeed.ts')
      await succeedKey(await places.context(flags), name, flags)
    })
}

function addSchedulingDeletion(one: OneKey): void {
  one
    .command('schedule-deletion', 'schedule the deletion of a key')
    .requiredOption('--days <n>', 'days until the deletion, 7 to 1096')
    .option('--yes', 'do not ask for confirmation')
    .action(one.act((keys, context, name, flags) => keys.scheduleDeletion(context, name, flags)))
}
