/**
 * Tags of keys: set, remove, list, and find keys by them. Every change increments the revision of
 * the key, so that concurrent changes never miss each other.
 */
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { deleteRow, insertRow, touchRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { KmsError } from '../../domain/errors.ts'
import {
  checkTag,
  checkTagCount,
  checkTagList,
  checkTagName,
  type Tag,
  type TagFilter,
  tagsPerKey,
} from '../../domain/keys/tags.ts'
import type { KeyTagRow, RowWrite } from '../../domain/rows.ts'
import * as rules from '../../domain/rules.ts'
import {
  type KeyCommand,
  type KeyReference,
  type ProjectCommand,
  type Task,
  turnOf,
} from '../command.ts'
import { asPage, taggedKeysOfPage } from '../pages.ts'
import { type KeyView, view } from './lifecycle.ts'
import type { LoadedKey } from './loaded-key.ts'

/** Maximum number of a project's tags in one listing. */
const projectTagsListed = 10_000

export type ChangeTagsInput = {
  readonly key: KeyReference
  /** Tags to set; an existing tag of the same name takes the new value. */
  readonly set: readonly Tag[]
  /** Names of tags to remove. */
  readonly remove: readonly string[]
  /** Whether removing a tag that does not exist is refused. */
  readonly strict: boolean
}

export const changeTags: KeyCommand<ChangeTagsInput, null> = {
  name: 'change-tags',
  right: 'manage',
  key: ({ key }) => key,
  async run(task, key, { set, remove, strict }) {
    checkTagList([...set.map(({ name }) => name), ...remove])
    set.forEach(checkTag)
    remove.forEach(checkTagName)
    rules.checkNotPendingDeletion(key.row)
    const standing = new Map((await tagsOf(task, key)).map((row) => [row.name, row]))
    if (strict && remove.some((name) => !standing.has(name)))
      throw new KmsError('tag-not-found', 'the key has no tag with that key')
    const added = set.filter(({ name }) => !standing.has(name))
    const gone = remove.flatMap((name) => standing.get(name) ?? [])
    checkTagCount(standing.size + added.length - gone.length)
    const changed = set.flatMap(({ name, value }): RowWrite[] => {
      const row = standing.get(name)
      return row === undefined || row.value === value
        ? []
        : [updateRow(key.project.keys.rowMac, 'keyTags', row, { value })]
    })
    const writes = [
      ...gone.map((row) => deleteRow('keyTags', row)),
      ...changed,
      ...added.map((tag) => newTag(task, key, tag)),
    ]
    return {
      result: null,
      writes:
        writes.length === 0 ? [] : [...writes, touchRow(key.project.keys.rowMac, 'keys', key.row)],
    }
  },
}

export const listKeyTags: KeyCommand<{ readonly key: KeyReference }, readonly Tag[]> = {
  name: 'list-key-tags',
  right: 'read',
  key: ({ key }) => key,
  run: async (task, key) => ({ result: tagsInOrder(await tagsOf(task, key)) }),
}

/** Every tag name used in the project, with its values. */
export const listProjectTags: ProjectCommand<
  Record<never, never>,
  readonly { name: string; values: readonly string[] }[]
> = {
  name: 'list-project-tags',
  right: 'read',
  run: async ({ reports, call }) => ({
    result: await reports.projectTags(turnOf(call), call.caller.project.row.id, projectTagsListed),
  }),
}

export type FindKeysByTagsInput = {
  readonly filters: readonly TagFilter[]
  /** Part of the alias, or null. */
  readonly alias: string | null
  readonly offset: number
  /** 0 to count only. */
  readonly limit: number
}
export type FindKeysByTagsResult = {
  readonly keys: readonly (KeyView & { readonly tags: readonly Tag[] })[]
  readonly total: number
  readonly countOnly: boolean
}

/** Keys that have all of the tags, newest first. */
export const findKeysByTags: ProjectCommand<FindKeysByTagsInput, FindKeysByTagsResult> = {
  name: 'find-keys-by-tags',
  right: 'read',
  async run(task, input) {
    const found = await task.reports.keysByTags(turnOf(task.call), {
      ...input,
      projectId: task.call.caller.project.row.id,
    })
    const { rows, damaged } = await taggedKeysOfPage(task, found.ids)
    const keys = rows.map(({ row, tags }) => ({ ...view(task, row), tags: tagsInOrder(tags) }))
    return asPage({ keys, total: found.total, countOnly: input.limit === 0 }, damaged)
  },
}

/** Verified. */
export async function tagsOf(
  task: Task,
  { row, project }: Pick<LoadedKey, 'row' | 'project'>,
): Promise<readonly KeyTagRow[]> {
  const rows = await task.reader.rowsWhere('keyTags', 'keyId', row.id, tagsPerKey)
  for (const one of rows) verifyRow(project.keys.rowMac, 'keyTags', one)
  return rows
}

/** A copy of another key's tag for a new key. */
export function newTag(
  { now }: Task,
  { row, project }: Pick<LoadedKey, 'row' | 'project'>,
  { name, value }: Tag,
): RowWrite {
  const fields = {
    id: `${row.id}/${name}`,
    keyId: row.id,
    projectId: row.projectId,
    name,
    value,
    createdAt: now,
  }
  return insertRow(project.keys.rowMac, 'keyTags', fields)
}

export function tagsInOrder(rows: readonly KeyTagRow[]): readonly Tag[] {
  return rows
    .map(({ name, value }) => ({ name, value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
