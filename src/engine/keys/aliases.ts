/**
 * Aliases of keys: create, move to another key, delete, list. Every change increments the revision
 * of each key involved, so that concurrent changes never miss each other.
 */
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { deleteRow, insertRow, touchRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { KmsError } from '../../domain/errors.ts'
import {
  aliasesPerKey,
  checkAliasCount,
  checkAliasList,
  checkAliasName,
  checkMayMove,
  isAliasName,
} from '../../domain/keys/aliases.ts'
import {
  type KeyAliasRow,
  type KeyRow,
  type ProjectRow,
  type RowReference,
  type RowSet,
  referenceTo,
} from '../../domain/rows.ts'
import * as rules from '../../domain/rules.ts'
import type { KeyCommand, KeyOrProjectCommand, KeyReference, Task } from '../command.ts'
import { asPage, intactOf } from '../pages.ts'
import type { LoadedKey } from './loaded-key.ts'

/** What a caller sees of an alias. */
export type AliasView = { readonly alias: KeyAliasRow; readonly project: ProjectRow }

export type AliasInput = { readonly key: KeyReference; readonly name: string }

export const createAlias: KeyCommand<AliasInput, AliasView> = {
  name: 'create-alias',
  right: 'manage',
  key: ({ key }) => key,
  async run(task, key, { name }) {
    checkAliasName(name)
    rules.checkNotPendingDeletion(key.row)
    if ((await aliasNamed(task, name)) !== undefined)
      throw new KmsError('alias-taken', `a key of this project already has the alias ${name}`)
    checkAliasCount((await aliasesOf(task, key)).length + 1)
    const { rowMac } = key.project.keys
    const { id: keyId, projectId } = key.row
    const times = { createdAt: task.now, updatedAt: task.now }
    const write = insertRow(rowMac, 'keyAliases', {
      id: idOf(task, name),
      keyId,
      projectId,
      name,
      ...times,
    })
    return { result: view(task, write.row), writes: [write, touchRow(rowMac, 'keys', key.row)] }
  },
}

export type DeleteAliasesInput = { readonly key: KeyReference; readonly names: readonly string[] }

/** Deletes all of them or none. */
export const deleteAliases: KeyCommand<DeleteAliasesInput, null> = {
  name: 'delete-aliases',
  right: 'manage',
  key: ({ key }) => key,
  async run(task, key, { names }) {
    checkAliasList(names)
    rules.checkNotPendingDeletion(key.row)
    const gone = await Promise.all(names.map((name) => standingAlias(task, name)))
    const foreign = gone.find(({ keyId }) => keyId !== key.row.id)
    if (foreign !== undefined)
      throw new KmsError(
        'alias-of-other-key',
        `${foreign.name} is an alias of key ${foreign.keyId}, not of key ${key.row.id}`,
      )
    const touched = touchRow(key.project.keys.rowMac, 'keys', key.row)
    return { result: null, writes: [...gone.map((row) => deleteRow('keyAliases', row)), touched] }
  },
}

/** Moves an existing alias. @param input.key the key that it is to point at. */
export const associateAlias: KeyCommand<AliasInput, AliasView> = {
  name: 'associate-alias',
  right: 'manage',
  key: ({ key }) => key,
  async run(task, key, { name }) {
    checkAliasName(name)
    rules.checkNotPendingDeletion(key.row)
    const alias = await standingAlias(task, name)
    if (alias.keyId === key.row.id) return { result: view(task, alias) }
    const before = await keyOf(task, alias)
    rules.checkNotPendingDeletion(before)
    checkMayMove(name, before, key.row)
    checkAliasCount((await aliasesOf(task, key)).length + 1)
    const { rowMac } = key.project.keys
    const write = movedAlias(task, key, alias)
    return {
      result: view(task, write.row),
      writes: [write, touchRow(rowMac, 'keys', before), touchRow(rowMac, 'keys', key.row)],
    }
  },
}

export type ListAliasesInput = {
  /** Null for those of the whole project. */
  readonly key: KeyReference | null
  /** The last alias of the previous page, even if it no longer exists; null to begin with. */
  readonly after: string | null
  readonly limit: number
}
export type ListAliasesResult = {
  readonly aliases: readonly AliasView[]
  /** Where the next page begins; null if this is the last one. */
  readonly next: string | null
}

/**
 * In order of name, so that pages neither skip nor repeat aliases that stay while others come and
 * go.
 */
export const listAliases: KeyOrProjectCommand<ListAliasesInput, ListAliasesResult> = {
  name: 'list-aliases',
  right: 'read',
  key: ({ key }) => key,
  async run(task, key, { after, limit }) {
    if (after !== null && !isAliasName(after))
      throw new KmsError('marker-invalid', 'marker must be the next_marker of the previous page')
    const { row: project, keys } = task.call.caller.project
    const found = await task.reader.aliases({
      projectId: project.id,
      keyId: key?.row.id ?? null,
      after,
      limit: limit + 1,
    })
    const page = found.slice(0, limit)
    const intact = await intactOf(keys.rowMac, 'keyAliases', page)
    const next = found.length > limit ? (page.at(-1)?.name ?? null) : null
    return asPage(
      { aliases: intact.map((row) => view(task, row)), next },
      intact.length < page.length,
    )
  },
}

/** Verified. */
export async function aliasesOf(
  task: Task,
  { row, project }: Pick<LoadedKey, 'row' | 'project'>,
): Promise<readonly KeyAliasRow[]> {
  const rows = await task.reader.rowsWhere('keyAliases', 'keyId', row.id, aliasesPerKey)
  for (const one of rows) verifyRow(project.keys.rowMac, 'keyAliases', one)
  return rows
}

/** The alias as it points at another key of its project. */
export function movedAlias(
  { now }: Task,
  { row, project }: Pick<LoadedKey, 'row' | 'project'>,
  alias: KeyAliasRow,
): RowSet<'keyAliases'> {
  return updateRow(project.keys.rowMac, 'keyAliases', alias, { keyId: row.id, updatedAt: now })
}

async function standingAlias(task: Task, name: string): Promise<KeyAliasRow> {
  const found = await aliasNamed(task, name)
  if (found === undefined)
    throw new KmsError('alias-not-found', `no key of this project has the alias ${name}`)
  return found
}

/** What an alias means. */
type AliasedKey = {
  readonly keyId: string
  /**
   * The row of an alias that points at a key. A key's own alias is in the row of the key, which
   * every call on it depends on.
   */
  readonly guard: RowReference | undefined
}

/**
 * The key that an alias of the caller's project means now, either the key's own or one that points
 * at it; undefined if it means none.
 */
export async function keyOfAlias(task: Task, name: string): Promise<AliasedKey | undefined> {
  const own = await task.reader.keyOfAlias(task.call.caller.project.row.id, name)
  if (own !== undefined) return { keyId: own, guard: undefined }
  const found = await aliasNamed(task, name)
  return found && { keyId: found.keyId, guard: referenceTo('keyAliases', found) }
}

/** Verified. */
async function aliasNamed(task: Task, name: string): Promise<KeyAliasRow | undefined> {
  const found = await task.reader.row('keyAliases', idOf(task, name))
  if (found !== undefined) verifyRow(task.call.caller.project.keys.rowMac, 'keyAliases', found)
  return found
}

/** The key that an alias points at. It exists: the end of a key deletes its aliases. */
async function keyOf({ reader, call }: Task, { keyId, name }: KeyAliasRow): Promise<KeyRow> {
  const key = await reader.row('keys', keyId)
  if (key === undefined)
    throw new KmsError(
      'stored-record-corrupt',
      `the key that ${name} points at is not in the store`,
    )
  verifyRow(call.caller.project.keys.rowMac, 'keys', key)
  return key
}

/** The primary key makes a name unique in its project. */
function idOf({ call }: Task, name: string): string {
  return `${call.caller.project.row.id}/${name}`
}

function view({ call }: Task, alias: KeyAliasRow): AliasView {
  return { alias, project: call.caller.project.row }
}
