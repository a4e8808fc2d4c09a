/** `holdfast key alias ...`: names that point to a key and can move to another one. */
import { allAliases, type Context, findKey } from './keys.ts'
import { print, table } from './output.ts'

/** @param name key whose aliases are listed; undefined for all aliases of the project. */
export async function listAliases({ kms, json }: Context, name: string | undefined): Promise<void> {
  const found = await allAliases(
    kms,
    name === undefined ? undefined : (await findKey(kms, name)).key_id,
  )
  const rows = found.map((alias) => [
    alias.alias,
    alias.key_id,
    alias.create_time,
    alias.update_time,
  ])
  print({ json }, found, table(['ALIAS', 'KEY', 'CREATED', 'CHANGED'], rows))
}

export async function addAlias({ kms, json }: Context, name: string, alias: string): Promise<void> {
  const { key_id } = await findKey(kms, name)
  const made = await kms.call('aliases', { key_id, alias })
  print({ json }, made, [`${made.alias} points to ${made.key_id}`])
}

/** @param aliases of this key; all of them are removed, or none. */
export async function removeAliases(
  { kms, json }: Context,
  name: string,
  aliases: readonly string[],
): Promise<void> {
  const { key_id } = await findKey(kms, name)
  await kms.remove('aliases', { key_id, aliases })
  print({ json }, {}, [`removed ${aliases.join(', ')} from ${key_id}`])
}

export async function moveAlias(
  { kms, json }: Context,
  alias: string,
  name: string,
): Promise<void> {
  const { key_id: target_key_id } = await findKey(kms, name)
  const moved = await kms.call('alias/associate', { alias, target_key_id })
  print({ json }, moved, [`${moved.alias} points to ${moved.key_id}`])
}
