/** `holdfast key alias`: additional aliases, which can move between keys. */
import type { Command } from 'commander'
import { remote } from './options.ts'
import type { Flags, Places } from './places.ts'

export function addAliasCommands(alias: Command, places: Places): void {
  const load = () => import('../aliases.ts')
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
