/** `holdfast key ...`: the whole life of a key, over the API of a server. */
import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { KmsError } from '../domain/errors.ts'
import { instantOfText } from '../domain/instants.ts'
import { aliasPrefix } from '../domain/keys/aliases.ts'
import { type KeySpec, keySpec } from '../domain/keys/key-specs.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { CliFailure, exitCodes } from './failure.ts'
import { readFile, shellWord } from './files.ts'
import type { Answer, KmsClient } from './kms-client.ts'
import { materialFrom, type ReadFlags } from './material-file.ts'
import { type Print, print, progress, table, time } from './output.ts'
import { checkedParts, readWrapped, type WrappedMaterial, wrapMaterial } from './wrapping.ts'

export type Context = Print & { readonly kms: KmsClient }

/** State numbers of the API, and the names in the documentation. */
export const states: Readonly<Record<string, string>> = {
  '2': 'enabled',
  '3': 'disabled',
  '4': 'pending deletion',
  '5': 'pending import',
}

const pageSize = 1000
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const wrappingAlgorithm = 'RSAES_OAEP_SHA_256'

export type ListFlags = { state?: string; spec?: string }

export async function listKeys({ kms, json }: Context, filter: ListFlags): Promise<void> {
  const found = await allKeys(kms, filter)
  const rows = found.map((key) => [
    key.key_id,
    key.key_alias,
    key.key_spec,
    states[key.key_state] ?? '',
    key.origin,
    time(key.creation_date),
  ])
  print({ json }, found, table(['ID', 'ALIAS', 'SPEC', 'STATE', 'ORIGIN', 'CREATED'], rows))
}

async function allKeys(
  kms: KmsClient,
  { state, spec = 'ALL' }: { state?: string; spec?: string },
): Promise<Answer[]> {
  const number =
    state === undefined
      ? undefined
      : Object.entries(states).find(([, name]) => name.replace(' ', '-') === state)?.[0]
  if (state !== undefined && number === undefined)
    throw new CliFailure(
      'usage',
      `--state must be one of: ${Object.values(states)
        .map((name) => name.replace(' ', '-'))
        .join(', ')}`,
    )
  const found: Answer[] = []
  for (let marker = ''; ; ) {
    const page = await kms.call('list-keys', {
      limit: String(pageSize),
      key_spec: spec,
      ...(marker && { marker }),
      ...(number && { key_state: number }),
    })
    found.push(...page.key_details)
    progress(`${found.length} of ${page.total} keys`)
    marker = page.next_marker
    if (page.truncated !== 'true') return found
  }
}

/** The aliases of a key, or of all keys of the project if no key is given. */
export async function allAliases(kms: KmsClient, keyId?: string): Promise<Answer[]> {
  const found: Answer[] = []
  for (let marker = ''; ; ) {
    const query = new URLSearchParams({
      limit: String(pageSize),
      ...(keyId && { key_id: keyId }),
      ...(marker && { marker }),
    })
    const { aliases, page_info } = await kms.get(`aliases?${query}`)
    found.push(...aliases)
    marker = page_info.next_marker
    if (marker === '') return found
  }
}

/**
 * Finds a key by its ID, its own alias, or another alias that points to it.
 * @throws CliFailure noSuchKey; usage if the name matches two keys.
 */
export async function findKey(kms: KmsClient, name: string): Promise<Answer> {
  if (idPattern.test(name)) return (await kms.call('describe-key', { key_id: name })).key_info
  const own = (await allKeys(kms, {})).find((key) => key.key_alias === name)
  const pointing = name.startsWith(aliasPrefix)
    ? (await allAliases(kms)).find(({ alias }) => alias === name)
    : undefined
  const ids = new Set([own?.key_id, pointing?.key_id].filter((id) => id !== undefined))
  if (ids.size > 1)
    throw new CliFailure(
      'usage',
      `${name} is an alias of two keys, ${[...ids].join(' and ')}; give the ID of one of them`,
    )
  const [id] = ids
  if (id === undefined)
    throw new CliFailure('noSuchKey', `no key of this project has the ID or alias ${name}`)
  return own ?? findKey(kms, id)
}

export async function showKey({ kms, json }: Context, name: string): Promise<void> {
  const key = await findKey(kms, name)
  const lines = [
    ['ID', key.key_id],
    ['alias', key.key_alias],
    ['description', key.key_description || '-'],
    ['state', states[key.key_state] ?? key.key_state],
    ['spec', key.key_spec],
    ['usage', key.key_usage],
    ['origin', key.origin],
    ['created', time(key.creation_date)],
    ['material expires', time(key.expiration_time)],
    ['deletion', time(key.scheduled_deletion_date)],
    ['rotation', key.key_rotation_enabled === 'true' ? 'on' : 'off'],
  ] as const
  print(
    { json },
    key,
    lines.map(([label, value]) => `${`${label}:`.padEnd(18)}${value}`),
  )
}

export type CreateFlags = {
  alias: string
  description?: string
  spec?: string
  usage?: string
  external?: boolean
}

export async function createKey(
  { kms, json }: Context,
  { alias, description, spec, usage, external }: CreateFlags,
): Promise<void> {
  progress('creating the key ...')
  const { key_info } = await kms.call('create-key', {
    key_alias: alias,
    ...(description !== undefined && { key_description: description }),
    ...(spec !== undefined && { key_spec: spec }),
    ...(usage !== undefined && { key_usage: usage }),
    ...(external && { origin: 'external' }),
  })
  print({ json }, key_info, [key_info.key_id])
}

export type ImportFlags = ReadFlags & { material?: string; wrapped?: string; expires?: string }

/**
 * Imports a file of material (parameters, wrapping and import in one step) or the output of
 * `material wrap`.
 */
export async function importMaterial(
  { kms, json }: Context,
  name: string,
  flags: ImportFlags,
): Promise<void> {
  const key = await findKey(kms, name)
  const expiration = expirationOf(flags)
  const wrapped = await wrappedFor(kms, key, flags)
  progress(
    `importing into ${key.key_alias}, key ${key.key_id} of ${key.key_spec}; from then on it accepts no other material ...`,
  )
  await kms.call('import-key-material', { ...wrapped, ...expiration })
  const { key_info } = await kms.call('describe-key', { key_id: key.key_id })
  print({ json }, key_info, [
    `${key_info.key_id} is ${states[key_info.key_state]}; material expires: ${time(key_info.expiration_time)}`,
  ])
}

/**
 * Wraps material for a key, with parameters fetched from the server.
 * @param material wiped.
 */
export async function wrapHere(
  kms: KmsClient,
  keyId: string,
  material: Buffer,
  spec: KeySpec,
): Promise<WrappedMaterial> {
  using given = Wiped.of(material)
  progress('getting a wrapping key for this import ...')
  const parameters = await kms.call('get-parameters-for-import', {
    key_id: keyId,
    wrapping_algorithm: wrappingAlgorithm,
  })
  return wrapMaterial(parameters, given.bytes, spec)
}

/**
 * An import is permanent, so material wrapped for another key is rejected before anything is sent.
 */
async function wrappedFor(
  kms: KmsClient,
  key: Answer,
  flags: ImportFlags,
): Promise<WrappedMaterial> {
  const { material, wrapped } = flags
  const spec = keySpec(key.key_spec)
  if (material !== undefined)
    return wrapHere(kms, key.key_id, await materialFrom(material, spec, flags), spec)
  if (wrapped === undefined)
    throw new CliFailure(
      'usage',
      'give --material FILE, or --wrapped FILE with the output of holdfast material wrap',
    )
  const read = readWrapped(wrapped, readFile(wrapped))
  if (read.key_id === key.key_id) return checkedParts(wrapped, read, spec)
  const owner = await nameOf(kms, read.key_id)
  const wayOut =
    owner === undefined
      ? `This project has no key ${read.key_id}: wrap the material again with parameters of ${key.key_id}`
      : `To import it into its own key: holdfast key import ${read.key_id} --wrapped ${shellWord(wrapped)}`
  throw new CliFailure(
    'usage',
    `${wrapped} was wrapped for ${owner ?? 'another key'}, not for ${key.key_alias} (${key.key_id}); nothing was sent. ${wayOut}`,
  )
}

/**
 * Alias and ID of a key; undefined if this project has no such key, and only the ID if this caller
 * may not see it.
 */
async function nameOf(kms: KmsClient, id: string): Promise<string | undefined> {
  try {
    return `${(await kms.call('describe-key', { key_id: id })).key_info.key_alias} (${id})`
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error
    return error.exitCode === exitCodes.noSuchKey ? undefined : id
  }
}

/**
 * The expiry of an import, in the format of the API.
 * @throws CliFailure for an invalid time.
 */
export function expirationOf({ expires }: { readonly expires?: string }): {
  expiration_time?: number
} {
  return expires === undefined ? {} : { expiration_time: seconds(expires) }
}

/**
 * Seconds since 1970.
 * @throws CliFailure for an invalid time.
 */
function seconds(text: string): number {
  try {
    return instantOfText('--expires', text) / 1000
  } catch (error) {
    throw error instanceof KmsError
      ? new CliFailure('usage', error.message, { cause: error })
      : error
  }
}

export type Change = 'enable-key' | 'disable-key' | 'cancel-key-deletion' | 'rotate-on-demand'

export async function changeKey(
  { kms, json }: Context,
  change: Change,
  name: string,
): Promise<void> {
  const { key_id } = await findKey(kms, name)
  await kms.call(change, { key_id })
  await printState({ kms, json }, key_id)
}

export type DeleteMaterialFlags = { yes?: boolean; withoutDrill?: boolean }

export async function deleteMaterial(
  context: Context,
  name: string,
  { yes, withoutDrill }: DeleteMaterialFlags,
): Promise<void> {
  const { kms } = context
  const { key_id, key_alias } = await findKey(kms, name)
  await checkDrilled(context, key_id, withoutDrill)
  await confirm(
    key_alias,
    `the material of ${key_alias} will be erased; only a backup of it can bring it back`,
    yes,
  )
  await kms.call('delete-imported-key-material', { key_id })
  await printState(context, key_id)
}

/**
 * Material without a recently verified backup is not deleted by accident.
 * @throws CliFailure.
 */
async function checkDrilled(
  { kms }: Context,
  keyId: string,
  withoutDrill: boolean | undefined,
): Promise<void> {
  if (withoutDrill === true) return
  const { needs_drill, drilled_at } = await kms.admin('GET', `/keys/${keyId}`)
  if (!needs_drill) return
  const last =
    drilled_at === null
      ? 'no backup of this material has been verified'
      : `the last backup drill was at ${time(String(drilled_at))}`
  throw new CliFailure(
    'refused',
    `${last}: run holdfast material drill first, or add --without-drill`,
  )
}

export async function scheduleDeletion(
  context: Context,
  name: string,
  { days, yes }: { days: string; yes?: boolean },
): Promise<void> {
  const { kms } = context
  const { key_id, key_alias } = await findKey(kms, name)
  await confirm(
    key_alias,
    `${key_alias} will be deleted in ${days} days; after that, nothing encrypted with it can be decrypted`,
    yes,
  )
  await kms.call('schedule-key-deletion', { key_id, pending_days: days })
  await printState(context, key_id)
}

async function printState({ kms, json }: Context, keyId: string): Promise<void> {
  const { key_info } = await kms.call('describe-key', { key_id: keyId })
  const deletion =
    key_info.scheduled_deletion_date === ''
      ? ''
      : `, deletion ${time(key_info.scheduled_deletion_date)}`
  print({ json }, key_info, [`${keyId} is ${states[key_info.key_state]}${deletion}`])
}

/**
 * An irreversible action asks for the alias, or requires --yes if there is no terminal.
 * @throws CliFailure.
 */
async function confirm(alias: string, what: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return
  if (!process.stdin.isTTY) throw new CliFailure('usage', `${what}; add --yes to confirm`)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  // Ctrl-D closes it without an answer, and Ctrl-C cancels it.
  const closed = once(terminal, 'close').then(() => '')
  const typed = await Promise.race([
    terminal.question(`${what}.\nType ${alias} to continue: `),
    closed,
  ]).catch(() => '')
  terminal.close()
  if (typed !== alias) throw new CliFailure('refused', 'not confirmed: nothing was done')
}
