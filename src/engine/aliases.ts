/**
 * Aliases of keys: made, moved to another key, deleted, listed. Every change counts up the revision of each key that it is about, so
 * that two never overlook each other.
 */
import { verifyRow } from '../crypto/row-mac.ts'
import { deleteRow, insertRow, touchRow, updateRow } from '../crypto/row-writes.ts'
import { aliasesPerKey, checkAliasCount, checkAliasList, checkAliasName, checkMayMove, isAliasName } from '../domain/aliases.ts'
import { KmsError } from '../domain/errors.ts'
import type { KeyAliasRow, KeyRow, ProjectRow, RowWrite } from '../domain/rows.ts'
import * as rules from '../domain/rules.ts'
import type { KeyCommand, KeyOrProjectCommand, Task } from './command.ts'
import type { LoadedKey } from './loaded-key.ts'
import { isSound } from './sound.ts'

/** What a caller sees of an alias. */
export type AliasView = { readonly alias: KeyAliasRow; readonly project: ProjectRow }

export type AliasInput = { readonly keyId: string; readonly name: string }

export const createAlias: KeyCommand<AliasInput, AliasView> = {
  name: 'create-alias',
  right: 'manage',
  keyId: ({ keyId }) => keyId,
  async run(task, key, { name }) {
    checkAliasName(name)
    rules.checkNotPendingDeletion(key.row)
    if ((await aliasNamed(task, name)) !== undefined)
      throw new KmsError('alias-taken', `a key of this project has the alias ${name} already`)
    checkAliasCount((await aliasesOf(task, key)).length + 1)
    const { rowMac } = key.project.keys
    const { id: keyId, projectId } = key.row
    const times = { createdAt: task.now, updatedAt: task.now }
    const write = insertRow(rowMac, 'keyAliases', { id: idOf(task, name), keyId, projectId, name, ...times })
    return { result: view(task, write.row as KeyAliasRow), writes: [write, touchRow(rowMac, 'keys', key.row)] }
  },
}

export type DeleteAliasesInput = { readonly keyId: string; readonly names: readonly string[] }

/** All of them or none. */
export const deleteAliases: KeyCommand<DeleteAliasesInput, null> = {
  name: 'delete-aliases',
  right: 'manage',
  keyId: ({ keyId }) => keyId,
  async run(task, key, { names }) {
    checkAliasList(names)
    rules.checkNotPendingDeletion(key.row)
    const gone = await Promise.all(names.map((name) => standingAlias(task, name)))
    const foreign = gone.find(({ keyId }) => keyId !== key.row.id)
    if (foreign !== undefined)
      throw new KmsError('alias-of-other-key', `${foreign.name} is an alias of key ${foreign.keyId}, not of key ${key.row.id}`)
    const touched = touchRow(key.project.keys.rowMac, 'keys', key.row)
    return { result: null, writes: [...gone.map((row) => deleteRow('keyAliases', row)), touched] }
  },
}

/** Moves an alias that is there. @param input.keyId the key that it shall point at. */
export const associateAlias: KeyCommand<AliasInput, AliasView> = {
  name: 'associate-alias',
  right: 'manage',
  keyId: ({ keyId }) => keyId,
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
      result: view(task, write.row as KeyAliasRow),
      writes: [write, touchRow(rowMac, 'keys', before), touchRow(rowMac, 'keys', key.row)],
    }
  },
}

export type ListAliasesInput = {
  /** Null for those of the whole project. */
  readonly keyId: string | null
  /** The last alias of the page before, there still or not; null to begin with. */
  readonly after: string | null
  readonly limit: number
}
export type ListAliasesResult = {
  readonly aliases: readonly AliasView[]
  /** What the next page comes after; null where this is the last one. */
  readonly next: string | null
}

/** In order of name, so that pages neither skip nor repeat what stays while other aliases come and go. */
export const listAliases: KeyOrProjectCommand<ListAliasesInput, ListAliasesResult> = {
  name: 'list-aliases',
  right: 'read',
  keyId: ({ keyId }) => keyId,
  async run(task, _, { keyId, after, limit }) {
    if (after !== null && !isAliasName(after)) throw new KmsError('marker-invalid', 'a marker is what the page before gave')
    const { row: project, keys } = task.call.caller.project
    const found = await task.reader.aliases({ projectId: project.id, keyId, after, limit: limit + 1 })
    const page = found.slice(0, limit)
    const sound = page.filter((row) => isSound(keys.rowMac, 'keyAliases', row))
    const next = found.length > limit ? (page.at(-1)?.name ?? null) : null
    const result = { aliases: sound.map((row) => view(task, row)), next }
    return sound.length === page.length ? { result } : { result, detail: 'corrupt records left out' }
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
export function movedAlias({ now }: Task, { row, project }: Pick<LoadedKey, 'row' | 'project'>, alias: KeyAliasRow): RowWrite {
  return updateRow(project.keys.rowMac, 'keyAliases', alias, { keyId: row.id, updatedAt: now })
}

async function standingAlias(task: Task, name: string): Promise<KeyAliasRow> {
  const found = await aliasNamed(task, name)
  if (found === undefined) throw new KmsError('alias-not-found', `no key of this project has the alias ${name}`)
  return found
}

/** Verified. */
async function aliasNamed(task: Task, name: string): Promise<KeyAliasRow | undefined> {
  const found = await task.reader.row('keyAliases', idOf(task, name))
  if (found !== undefined) verifyRow(task.call.caller.project.keys.rowMac, 'keyAliases', found)
  return found
}

/** The key that an alias points at. It is there: the end of a key takes its aliases along. */
async function keyOf({ reader, call }: Task, { keyId, name }: KeyAliasRow): Promise<KeyRow> {
  const key = await reader.row('keys', keyId)
  if (key === undefined) throw new KmsError('stored-record-corrupt', `the key that ${name} points at is not in the store`)
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
