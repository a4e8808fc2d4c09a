/** `holdfast key ...`: a key from its creation to its end, over the API of a server. */
import { createInterface } from 'node:readline/promises'
import { aliasPrefix } from '../domain/aliases.ts'
import { keySpec } from '../domain/key-specs.ts'
import { CliFailure } from './failure.ts'
import { readFile, readSecretFile } from './files.ts'
import type { Answer, KmsClient } from './kms-client.ts'
import { type Print, print, progress, table, time } from './output.ts'
import { materialOf, type WrappedMaterial, wrapMaterial } from './wrapping.ts'

export type Context = Print & { readonly kms: KmsClient }

/** As the API numbers them, and as the documentation names them. */
export const states: Readonly<Record<string, string>> = {
  '2': 'enabled',
  '3': 'disabled',
  '4': 'pending deletion',
  '5': 'pending import',
}

const pageSize = 1000
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const wrappingAlgorithm = 'RSAES_OAEP_SHA_256'

export async function listKeys({ kms, json }: Context, filter: { state?: string; spec?: string }): Promise<void> {
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

async function allKeys(kms: KmsClient, { state, spec = 'ALL' }: { state?: string; spec?: string }): Promise<Answer[]> {
  const number =
    state === undefined ? undefined : Object.entries(states).find(([, name]) => name.replace(' ', '-') === state)?.[0]
  if (state !== undefined && number === undefined)
    throw new CliFailure(
      'usage',
      `--state is one of: ${Object.values(states)
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

/** The aliases that point at a key; at any key of the project where none is named. */
export async function allAliases(kms: KmsClient, keyId?: string): Promise<Answer[]> {
  const found: Answer[] = []
  for (let marker = ''; ; ) {
    const query = new URLSearchParams({ limit: String(pageSize), ...(keyId && { key_id: keyId }), ...(marker && { marker }) })
    const { aliases, page_info } = await kms.get(`aliases?${query}`)
    found.push(...aliases)
    marker = page_info.next_marker
    if (marker === '') return found
  }
}

/** A key by its ID, its own alias, or another alias that points at it. @throws CliFailure noSuchKey; usage where two keys are meant. */
export async function findKey(kms: KmsClient, name: string): Promise<Answer> {
  if (idPattern.test(name)) return (await kms.call('describe-key', { key_id: name })).key_info
  const own = (await allKeys(kms, {})).find((key) => key.key_alias === name)
  const pointing = name.startsWith(aliasPrefix) ? (await allAliases(kms)).find(({ alias }) => alias === name) : undefined
  const ids = new Set([own?.key_id, pointing?.key_id].filter((id) => id !== undefined))
  if (ids.size > 1) throw new CliFailure('usage', `${name} is an alias of two keys, ${[...ids].join(' and ')}: say which ID`)
  const [id] = ids
  if (id === undefined) throw new CliFailure('noSuchKey', `no key of this project has the ID or alias ${name}`)
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

export type CreateFlags = { alias: string; description?: string; spec?: string; usage?: string; external?: boolean }

export async function createKey(
  { kms, json }: Context,
  { alias, description, spec, usage, external }: CreateFlags,
): Promise<void> {
  progress('making the key ...')
  const { key_info } = await kms.call('create-key', {
    key_alias: alias,
    ...(description !== undefined && { key_description: description }),
    ...(spec !== undefined && { key_spec: spec }),
    ...(usage !== undefined && { key_usage: usage }),
    ...(external && { origin: 'external' }),
  })
  print({ json }, key_info, [key_info.key_id])
}

export type ImportFlags = { material?: string; wrapped?: string; expires?: string }

/** From a file of material: parameters, wrapping and import in one; or what `material wrap` made. */
export async function importMaterial({ kms, json }: Context, name: string, flags: ImportFlags): Promise<void> {
  const key = await findKey(kms, name)
  const expiration = flags.expires === undefined ? {} : { expiration_time: seconds(flags.expires) }
  const wrapped = flags.material === undefined ? wrappedOf(flags) : await wrapHere(kms, key, flags.material)
  progress('sending it ...')
  await kms.call('import-key-material', { ...wrapped, ...expiration })
  const { key_info } = await kms.call('describe-key', { key_id: key.key_id })
  print({ json }, key_info, [
    `${key_info.key_id} is ${states[key_info.key_state]}; material expires: ${time(key_info.expiration_time)}`,
  ])
}

async function wrapHere(kms: KmsClient, key: Answer, file: string): Promise<WrappedMaterial> {
  const spec = keySpec(key.key_spec)
  const material = materialOf(readSecretFile(file), spec)
  try {
    progress('getting a wrapping key for this import ...')
    const parameters = await kms.call('get-parameters-for-import', { key_id: key.key_id, wrapping_algorithm: wrappingAlgorithm })
    return wrapMaterial(parameters, material, spec)
  } finally {
    material.fill(0)
  }
}

function wrappedOf({ wrapped }: ImportFlags): WrappedMaterial {
  if (wrapped === undefined) throw new CliFailure('usage', 'give --material FILE, or --wrapped FILE of holdfast material wrap')
  try {
    return JSON.parse(readFile(wrapped).toString())
  } catch (error) {
    throw error instanceof CliFailure
      ? error
      : new CliFailure('usage', `${wrapped} is not what holdfast material wrap writes`, { cause: error })
  }
}

/** A time such as 2027-01-31T12:00:00Z -> seconds since 1970. */
function seconds(text: string): number {
  const millis = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(millis)) throw new CliFailure('usage', '--expires is a time in UTC, such as 2027-01-31T12:00:00Z')
  return Math.floor(millis / 1000)
}

export type Change = 'enable-key' | 'disable-key' | 'cancel-key-deletion' | 'rotate-on-demand'

export async function changeKey({ kms, json }: Context, change: Change, name: string): Promise<void> {
  const { key_id } = await findKey(kms, name)
  await kms.call(change, { key_id })
  await printState({ kms, json }, key_id)
}

export type DeleteMaterialFlags = { yes?: boolean; withoutDrill?: boolean }

export async function deleteMaterial(context: Context, name: string, { yes, withoutDrill }: DeleteMaterialFlags): Promise<void> {
  const { kms } = context
  const { key_id, key_alias } = await findKey(kms, name)
  await checkDrilled(context, key_id, withoutDrill)
  await confirm(key_alias, `the material of ${key_alias} will be erased; only its owner's backup brings it back`, yes)
  await kms.call('delete-imported-key-material', { key_id })
  await printState(context, key_id)
}

/** Material that nobody proved a backup of lately is not deleted by the way. @throws CliFailure. */
async function checkDrilled({ kms }: Context, keyId: string, withoutDrill: boolean | undefined): Promise<void> {
  if (withoutDrill === true) return
  const { needs_drill, drilled_at } = await kms.admin('GET', `/keys/${keyId}`)
  if (!needs_drill) return
  const last = drilled_at === null ? 'nobody has proved that a backup exists' : `the last drill was ${time(String(drilled_at))}`
  throw new CliFailure('refused', `${last}: run holdfast material drill first, or say --without-drill`)
}

export type SucceedFlags = { material: string; expires?: string }

/** A successor with its own material, to which the alias moves; the old key goes on to decrypt. Run again, it goes on where it stopped. */
export async function succeedKey(context: Context, name: string, flags: SucceedFlags): Promise<void> {
  const { kms, json } = context
  const { key_id } = await findKey(kms, name)
  const successor = (await begunSuccessor(kms, key_id)) ?? (await kms.admin('POST', `/keys/${key_id}/successor`, {}))
  if (successor.state === 'pending-import') {
    const { key_info } = await kms.call('describe-key', { key_id: successor.id })
    const expiration = flags.expires === undefined ? {} : { expiration_time: seconds(flags.expires) }
    await kms.call('import-key-material', { ...(await wrapHere(kms, key_info, flags.material)), ...expiration })
  }
  progress('moving the alias ...')
  const moved = await kms.admin('POST', `/keys/${successor.id}/succeed`, {})
  print({ json }, moved, [
    `${moved.successor.id} is ${moved.successor.alias} now`,
    `${moved.predecessor.id} is ${moved.predecessor.alias}, and goes on to decrypt; clients that call it by ID must be changed`,
  ])
}

/** A successor that an earlier run made and did not finish with. */
async function begunSuccessor(kms: KmsClient, keyId: string): Promise<Answer | undefined> {
  const { keys } = await kms.admin('GET', '/keys?text=%2Fnext-&limit=200')
  return keys.find(({ succeeds }: Answer) => succeeds === keyId)
}

export async function scheduleDeletion(
  context: Context,
  name: string,
  { days, yes }: { days: string; yes?: boolean },
): Promise<void> {
  const { kms } = context
  const { key_id, key_alias } = await findKey(kms, name)
  await confirm(key_alias, `${key_alias} will be deleted in ${days} days, and nothing it encrypted opens from then on`, yes)
  await kms.call('schedule-key-deletion', { key_id, pending_days: days })
  await printState(context, key_id)
}

async function printState({ kms, json }: Context, keyId: string): Promise<void> {
  const { key_info } = await kms.call('describe-key', { key_id: keyId })
  const deletion = key_info.scheduled_deletion_date === '' ? '' : `, deletion ${time(key_info.scheduled_deletion_date)}`
  print({ json }, key_info, [`${keyId} is ${states[key_info.key_state]}${deletion}`])
}

/** What cannot be taken back asks for the alias, or for --yes where nobody can be asked. @throws CliFailure. */
async function confirm(alias: string, what: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return
  if (!process.stdin.isTTY) throw new CliFailure('usage', `${what}; say --yes to do it`)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const typed = await terminal.question(`${what}.\nType ${alias} to go on: `)
  terminal.close()
  if (typed !== alias) throw new CliFailure('refused', 'nothing was done')
}
