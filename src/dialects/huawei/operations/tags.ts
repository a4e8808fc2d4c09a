/** Tags of keys. Terraform reads them with every key. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import type { RouteRow } from '../../../api/route-table.ts'
import { KmsError } from '../../../domain/errors.ts'
import type { Tag, TagFilter } from '../../../domain/keys/tags.ts'
import * as tags from '../../../engine/keys/tags.ts'
import { keyId, readLimit, sequence, wholeNumber } from '../fields.ts'
import { keyDetails } from './keys.ts'

const tagItem = Type.Object({ key: Type.String(), value: Type.Optional(Type.String()) })
const limits = { min: 1, max: 1000, usual: 1000 } as const
/** Limits of a search: values per tag, and tags. */
const searched = { values: 20, tags: 20 } as const
/** The only key that `matches` may have: the alias, in Huawei's terms. */
const resourceName = 'resource_name'

const asTag = ({ key, value = '' }: { key: string; value?: string }): Tag => ({ name: key, value })
const asItem = ({ name, value }: Tag): object => ({ key: name, value })
const nothing = (): object => ({})

const setTag: AnyOperation = operation({
  fields: Type.Object({ key_id: keyId, tag: tagItem, sequence }),
  command: tags.changeTags,
  read: ({ key_id, tag }) => ({ key: key_id, set: [asTag(tag)], remove: [], strict: false }),
  write: nothing,
})

const removeTag: AnyOperation = operation({
  fields: Type.Object({ key_id: keyId, key: Type.String() }),
  command: tags.changeTags,
  read: ({ key_id, key }) => ({ key: key_id, set: [], remove: [key], strict: true }),
  write: nothing,
})

/** Many at once, all or none. */
const tagsAction: AnyOperation = operation({
  fields: Type.Object({
    key_id: keyId,
    tags: Type.Array(tagItem),
    action: Type.Enum(['create', 'delete']),
    sequence,
  }),
  command: tags.changeTags,
  read: ({ key_id, tags: items, action }) => ({
    key: key_id,
    set: action === 'create' ? items.map(asTag) : [],
    remove: action === 'create' ? [] : items.map(({ key }) => key),
    strict: false,
  }),
  write: nothing,
})

const showTags: AnyOperation = operation({
  fields: Type.Object({ key_id: keyId }),
  command: tags.listKeyTags,
  read: ({ key_id }) => ({ key: key_id }),
  write: (found) => ({ tags: found.map(asItem), existTagsNum: found.length }),
})

const projectTags: AnyOperation = operation({
  fields: Type.Object({}),
  command: tags.listProjectTags,
  read: () => ({}),
  write: (found) => ({ tags: found.map(({ name, values }) => ({ key: name, values })) }),
})

type Match = { readonly key: string; readonly value?: string }

function aliasOf(matches: readonly Match[]): string | null {
  const [first] = matches
  if (first === undefined) return null
  if (matches.length > 1 || first.key !== resourceName)
    throw new KmsError(
      'parameter-invalid',
      `matches must contain one entry, with the key ${resourceName}`,
    )
  return first.value ?? ''
}

function filterOf({ key, values = [] }: { key: string; values?: string[] }): TagFilter {
  if (values.length > searched.values)
    throw new KmsError(
      'too-many-tags',
      `a search must not name more than ${searched.values} values of a tag`,
    )
  return { name: key, values }
}

/** `limit` and `offset` arrive as numbers or as text. */
const findByTags: AnyOperation = operation({
  fields: Type.Object({
    action: Type.Optional(Type.Enum(['filter', 'count'])),
    limit: Type.Optional(wholeNumber),
    offset: Type.Optional(wholeNumber),
    tags: Type.Optional(
      Type.Array(
        Type.Object({ key: Type.String(), values: Type.Optional(Type.Array(Type.String())) }),
      ),
    ),
    matches: Type.Optional(Type.Array(tagItem)),
    sequence,
  }),
  command: tags.findKeysByTags,
  read: ({ action = 'filter', limit, offset, tags: wanted = [], matches = [] }) => {
    if (wanted.length > searched.tags)
      throw new KmsError('too-many-tags', `a search must not name more than ${searched.tags} tags`)
    const size = readLimit(limit, limits)
    return {
      filters: wanted.map(filterOf),
      alias: aliasOf(matches),
      offset: Number(offset ?? 0),
      limit: action === 'count' ? 0 : size,
    }
  },
  write: ({ keys, total, countOnly }) =>
    countOnly
      ? { total_count: total }
      : {
          resources: keys.map((found) => ({
            resource_id: found.key.id,
            resource_name: found.key.alias ?? '',
            resource_detail: keyDetails(found),
            tags: found.tags.map(asItem),
          })),
          total_count: total,
        },
})

const kms = '/v1.0/:project/kms'

export const tagRoutes: readonly RouteRow[] = [
  ['POST', `${kms}/:key_id/tags`, setTag],
  ['GET', `${kms}/:key_id/tags`, showTags],
  // Some clients send a slash in the key of a tag bare, others encoded.
  ['DELETE', `${kms}/:key_id/tags/*key`, removeTag],
  ['POST', `${kms}/:key_id/tags/action`, tagsAction],
  ['GET', `${kms}/tags`, projectTags],
  ['POST', `${kms}/resource_instances/action`, findByTags],
]
