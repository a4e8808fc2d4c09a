/**
 * A key from its creation to its end, apart from its material: create, describe, list, enable,
 * disable, schedule deletion, rename.
 */
import { publicKeyAssociation } from '../../crypto/formats/association.ts'
import { versionsDigest } from '../../crypto/formats/row-mac.ts'
import { deleteRow, insertRow, updateRow } from '../../crypto/formats/row-writes.ts'
import type { CommandName } from '../../domain/commands.ts'
import { KmsError } from '../../domain/errors.ts'
import { randomUuid } from '../../domain/ids.ts'
import { checkKeyQuota } from '../../domain/keys/key-quota.ts'
import {
  isAsymmetric,
  type KeySpec,
  type KeySpecName,
  type KeyUsage,
  keySpecs,
  type Origin,
  type PrivateKeyPair,
} from '../../domain/keys/key-specs.ts'
import { type KeyState, keyState } from '../../domain/keys/key-state.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import type { KeyRow, ProjectRow, RowValues } from '../../domain/rows.ts'
import * as rules from '../../domain/rules.ts'
import {
  type Done,
  granted,
  type KeyCommand,
  type KeyReference,
  type ProjectCommand,
  type Task,
  turnOf,
} from '../command.ts'
import { firstVersion, sealedVersion } from '../material/material-writes.ts'
import { asPage, keysOfPage } from '../pages.ts'
import type { LoadedKey } from './loaded-key.ts'

/** What a caller sees of a key. */
export type KeyView = {
  readonly key: KeyRow
  readonly state: KeyState
  readonly project: ProjectRow
}

/** The columns that are empty in a new key, and again after it ended. */
const bare = {
  alias: null,
  description: null,
  disabled: 0,
  deletionAt: null,
  materialVersion: null,
  materialExpiresAt: null,
  association: null,
  checkValue: null,
  importedAt: null,
  publicKey: null,
  rotationDays: null,
  nextRotationAt: null,
  drilledAt: null,
  drilledBy: null,
  backupPlace: null,
  succeeds: null,
} as const satisfies Partial<RowValues<'keys'>>

export type CreateKeyInput = {
  readonly alias: string
  readonly description: string
  readonly spec: KeySpecName
  /** Null for the default of the spec. */
  readonly usage: KeyUsage | null
  readonly origin: Origin
}

export const createKey: ProjectCommand<CreateKeyInput, KeyView> = {
  name: 'create-key',
  right: 'manage',
  run: (task, input) => addKey(task, { ...input, succeeds: null }),
}

type NewKey = Omit<CreateKeyInput, 'usage'> & {
  readonly usage: string | null
  readonly succeeds: string | null
}

/** Creates a key: with fresh material, or without any if its owner imports it. */
export async function addKey(task: Task, input: NewKey): Promise<Done<KeyView>> {
  const { project } = task.call.caller
  const spec = keySpecs[input.spec]
  const usage = rules.usageOf(spec, input.usage)
  rules.checkAlias(input.alias)
  rules.checkDescription(input.description)
  await checkAliasFree(task, project.row.id, input.alias)
  checkKeyQuota(await task.keyCounts.of(project.row.id), task.settings.maxKeysPerProject)
  const id = randomUuid(task.random.bytes(16))
  const made = input.origin === 'made-here' ? await newMaterial(task, spec) : undefined
  using _material = Wiped.of(made?.material)
  const version =
    made &&
    sealedVersion(
      task,
      project,
      { id, spec: input.spec, origin: input.origin },
      firstVersion,
      made.material,
    )
  const publicKey = made?.publicKey ?? null
  const key = insertRow(project.keys.rowMac, 'keys', {
    ...bare,
    id,
    projectId: project.row.id,
    listNumber: listNumber(task),
    alias: input.alias,
    description: input.description,
    spec: input.spec,
    usage,
    origin: input.origin,
    materialVersion: made === undefined ? null : firstVersion,
    versionsDigest: versionsDigest(version === undefined ? [] : [version.row]),
    association: publicKey && publicKeyAssociation(publicKey),
    createdAt: task.now,
    deletedAt: null,
    publicKey,
    succeeds: input.succeeds,
  })
  return {
    result: view(task, key.row),
    writes: version === undefined ? [key] : [version, key],
    ...(made && { materialVersion: firstVersion }),
    keyId: id,
  }
}

export const describeKey: KeyCommand<{ readonly key: KeyReference }, KeyView> = {
  name: 'describe-key',
  right: 'read',
  key: ({ key }) => key,
  byGrant: granted('describe-key'),
  run: (task, { row, project }) => ({ result: { ...view(task, row), project: project.row } }),
}

export type ListKeysInput = {
  readonly spec: string | null
  readonly state: KeyState | null
  /** List number of the last key of the previous page, or null. */
  readonly before: number | null
  readonly limit: number
}

export type ListKeysResult = {
  readonly keys: readonly KeyView[]
  readonly total: number
  readonly next: number | null
}

export const listKeys: ProjectCommand<ListKeysInput, ListKeysResult> = {
  name: 'list-keys',
  right: 'read',
  async run(task, input) {
    const found = await task.reports.listKeys(turnOf(task.call), {
      ...input,
      projectId: task.call.caller.project.row.id,
      now: task.now,
    })
    const { rows, damaged } = await keysOfPage(task, found.ids)
    const keys = rows.map((row) => view(task, row))
    // A key may have left the state since it was found; a list of that state must not show it.
    const shown = input.state === null ? keys : keys.filter(({ state }) => state === input.state)
    return asPage({ keys: shown, total: found.total, next: found.next }, damaged)
  },
}

export type QuotaResult = { readonly used: number; readonly quota: number }

export const keyQuota: ProjectCommand<Record<never, never>, QuotaResult> = {
  name: 'key-quota',
  right: 'read',
  async run(task) {
    const used = await task.reports.countKeys(turnOf(task.call), task.call.caller.project.row.id)
    return { result: { used, quota: task.settings.maxKeysPerProject } }
  },
}

/** Number of keys of the project in any state, without those that ended. */
export const countKeys: ProjectCommand<Record<never, never>, { readonly count: number }> = {
  name: 'count-keys',
  right: 'read',
  run: async (task) => ({
    result: {
      count: await task.reports.countKeys(turnOf(task.call), task.call.caller.project.row.id),
    },
  }),
}

/** A command that checks a rule and then changes columns of the key's own row. */
function change<I extends { readonly key: KeyReference }>(
  name: CommandName,
  right: 'manage' | 'delete',
  decide: (
    task: Task,
    key: LoadedKey,
    input: I,
  ) => Partial<RowValues<'keys'>> | Promise<Partial<RowValues<'keys'>>>,
): KeyCommand<I, KeyView> {
  const effect = (task: Task, key: LoadedKey, patch: Partial<RowValues<'keys'>>): Done<KeyView> => {
    const write = updateRow(key.project.keys.rowMac, 'keys', key.row, patch)
    return { result: view(task, write.row), writes: [write] }
  }
  return {
    name,
    right,
    key: ({ key }) => key,
    run(task, key, input) {
      const patch = decide(task, key, input)
      return patch instanceof Promise
        ? patch.then((decided) => effect(task, key, decided))
        : effect(task, key, patch)
    },
  }
}

export const enableKey = change('enable-key', 'manage', (task, { row }) => {
  rules.checkMayEnable(row, task.now)
  return { disabled: 0 }
})

export const disableKey = change('disable-key', 'manage', (task, { row }) => {
  rules.checkMayDisable(row, task.now)
  return { disabled: 1 }
})

export const scheduleKeyDeletion = change<{ readonly key: KeyReference; readonly days: number }>(
  'schedule-key-deletion',
  'delete',
  (task, { row }, { days }) => {
    rules.checkMayScheduleDeletion(row)
    return { deletionAt: rules.deletionInstant(days, task.now) }
  },
)

export const cancelKeyDeletion = change('cancel-key-deletion', 'delete', (task, { row }) =>
  rules.deletionTakenBack(row, task.now),
)

export const updateKeyAlias = change<{ readonly key: KeyReference; readonly alias: string }>(
  'update-key-alias',
  'manage',
  async (task, { row }, { alias }) => {
    rules.checkAlias(alias)
    rules.checkNotPendingDeletion(row)
    if (alias !== row.alias) await checkAliasFree(task, row.projectId, alias)
    return { alias }
  },
)

export const updateKeyDescription = change<{
  readonly key: KeyReference
  readonly description: string
}>('update-key-description', 'manage', (_, { row }, { description }) => {
  rules.checkDescription(description)
  rules.checkNotPendingDeletion(row)
  return { description }
})

/**
 * The end of a key: its material is erased in the transaction that turns its row into a tombstone.
 */
export const endKey: KeyCommand<{ readonly key: KeyReference }, null> = {
  name: 'end-key',
  right: 'delete',
  key: ({ key }) => key,
  async run(task, key) {
    const { row, project } = key
    if (row.deletionAt === null || task.now < row.deletionAt)
      throw new KmsError('key-not-pending-deletion', `key ${row.id} is not due for deletion`)
    // Nothing is added to a key that waits for its deletion, so this finds everything.
    const parts = await task.reader.partsOfKey(row.id)
    const tombstone = updateRow(project.keys.rowMac, 'keys', row, {
      ...bare,
      versionsDigest: versionsDigest([]),
      deletedAt: task.now,
    })
    const gone = parts.map((one) => deleteRow(one.table, one))
    return { result: null, writes: [...gone, tombstone], erases: true }
  },
}

export function view(task: Task, key: KeyRow): KeyView {
  return { key, state: keyState(key, task.now), project: task.call.caller.project.row }
}

export async function checkAliasFree(task: Task, projectId: string, alias: string): Promise<void> {
  if ((await task.reader.keyOfAlias(projectId, alias)) !== undefined) {
    throw new KmsError('alias-taken', 'another key of this project already has this alias')
  }
}

/** Fresh material, which the caller wipes: random bytes, or a private key with its public key. */
async function newMaterial(
  task: Task,
  spec: KeySpec,
): Promise<{ readonly material: Uint8Array; readonly publicKey: Uint8Array | null }> {
  if (!isAsymmetric(spec))
    return { material: task.random.bytes(spec.materialBytes), publicKey: null }
  const { pkcs8, spki }: PrivateKeyPair = await task.privateKeys.make(turnOf(task.call), spec.name)
  return { material: pkcs8, publicKey: spki }
}

/**
 * Higher than that of any earlier key, a safe integer until the year 2093; two keys of the same
 * millisecond differ in 12 random bits.
 */
function listNumber(task: Task): number {
  const since2024 = task.now - 1_704_067_200_000
  const [high = 0, low = 0] = task.random.bytes(2)
  return since2024 * 4096 + (((high << 8) | low) & 0xfff)
}
