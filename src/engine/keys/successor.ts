/**
 * The successor of an imported key, which never rotates: a new key with its own import. Once it
 * holds its material, the old key's name and all its aliases move to it in one transaction. The old
 * key stays and continues to decrypt.
 */
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { updateRow } from '../../crypto/formats/row-writes.ts'
import { KmsError } from '../../domain/errors.ts'
import { checkAliasCount } from '../../domain/keys/aliases.ts'
import { keySpec } from '../../domain/keys/key-specs.ts'
import type { KeyRow } from '../../domain/rows.ts'
import * as rules from '../../domain/rules.ts'
import type { KeyCommand, KeyReference, Task } from '../command.ts'
import { aliasesOf, movedAlias } from './aliases.ts'
import { addKey, type KeyView, view } from './lifecycle.ts'
import { newTag, tagsOf } from './tags.ts'

export type CreateSuccessorInput = {
  readonly key: KeyReference
  /** Alias until it takes over; null for one derived from the old key's. */
  readonly alias: string | null
}

/** Creates a key with empty material and the description, tags, spec and usage of the old one. */
export const createSuccessor: KeyCommand<CreateSuccessorInput, KeyView> = {
  name: 'create-successor',
  right: 'manage',
  key: ({ key }) => key,
  async run(task, { row, project }, { alias }) {
    rules.checkMaySucceed(row)
    const {
      keyId,
      writes = [],
      ...made
    } = await addKey(task, {
      alias: alias ?? rules.successorAlias(row, task.now),
      description: row.description ?? '',
      spec: keySpec(row.spec).name,
      usage: row.usage,
      origin: 'external',
      succeeds: row.id,
    })
    const successor = { row: made.result.key, project }
    const tags = (await tagsOf(task, { row, project })).map((tag) => newTag(task, successor, tag))
    return { ...made, writes: [...writes, ...tags], ...(keyId !== undefined && { keyId }) }
  },
}

export type CompleteSuccessionResult = {
  readonly successor: KeyView
  readonly predecessor: KeyView
}

/** @param input.key the successor's. */
export const completeSuccession: KeyCommand<
  { readonly key: KeyReference },
  CompleteSuccessionResult
> = {
  name: 'complete-succession',
  right: 'manage',
  key: ({ key }) => key,
  async run(task, { row, project }) {
    rules.checkTakesOver(row, task.now)
    const old = await predecessor(task, row)
    const { rowMac } = project.keys
    // The alias is free before it is taken: it is unique at every instant.
    const retired = updateRow(rowMac, 'keys', old, { alias: await freeAlias(task, old) })
    const successor = updateRow(rowMac, 'keys', row, { alias: old.alias, succeeds: null })
    const aliases = await aliasesOf(task, { row: old, project })
    checkAliasCount(aliases.length + (await aliasesOf(task, { row, project })).length)
    const moved = aliases.map((alias) => movedAlias(task, { row, project }, alias))
    return {
      result: { successor: view(task, successor.row), predecessor: view(task, retired.row) },
      writes: [retired, successor, ...moved],
    }
  },
}

async function predecessor({ reader, call }: Task, { id, succeeds }: KeyRow): Promise<KeyRow> {
  const old = succeeds === null ? undefined : await reader.row('keys', succeeds)
  if (old === undefined || old.deletedAt !== null)
    throw new KmsError('key-not-found', `the key that ${id} was to take over from no longer exists`)
  verifyRow(call.caller.project.keys.rowMac, 'keys', old)
  return old
}

/** What the old key is called from now on. */
async function freeAlias(task: Task, old: KeyRow): Promise<string | null> {
  if (old.alias === null) return null
  for (let n = 1; ; n++) {
    const alias = rules.retiredAlias(old.alias, task.now, n)
    if ((await task.reader.keyOfAlias(old.projectId, alias)) === undefined) return alias
  }
}
