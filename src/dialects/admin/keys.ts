/** Keys as the console shows them: search, one key with its use, names and notes, successors. */
import Type from 'typebox'
import { operation } from '../../api/operation.ts'
import { KmsError } from '../../domain/errors.ts'
import { keySorts } from '../../domain/keys/key-sorts.ts'
import { isAsymmetric, keyOrigins, keySpecs, keyUsages } from '../../domain/keys/key-specs.ts'
import { keyStates } from '../../domain/keys/key-state.ts'
import { type TagFilter, tagNameLength, tagValueLength } from '../../domain/keys/tags.ts'
import { isPermanent } from '../../domain/rules.ts'
import type { KeyView } from '../../engine/keys/lifecycle.ts'
import { completeSuccession, createSuccessor } from '../../engine/keys/successor.ts'
import {
  describeKeyCard,
  editKey,
  findKeyByFingerprint,
  type KeyCard,
  searchKeys,
} from '../../engine/reports.ts'
import { decodeHex } from '../../wire/hex.ts'
import { cardAnswer, detailsAnswer, keyAnswer } from './answers.ts'
import { countText, keyId, listText, readLimit, text } from './fields.ts'

const limits = { most: 200, usual: 50 } as const

export function keyBody({ key, state }: KeyView): Record<string, unknown> {
  const spec = keySpecs[key.spec as keyof typeof keySpecs]
  return {
    id: key.id,
    alias: key.alias,
    description: key.description ?? '',
    state,
    disabled: key.disabled === 1,
    spec: key.spec,
    usage: key.usage,
    origin: key.origin,
    permanent: isPermanent(spec),
    created_at: key.createdAt,
    deletion_at: key.deletionAt,
    material_version: key.materialVersion,
    check_value: key.checkValue,
    fingerprint: isAsymmetric(spec) && key.association !== null ? key.association.toHex() : null,
    imported_at: key.importedAt,
    expires_at: key.materialExpiresAt,
    rotation_days: key.rotationDays,
    next_rotation_at: key.nextRotationAt,
    drilled_at: key.drilledAt,
    drilled_by: key.drilledBy,
    backup_place: key.backupPlace,
    succeeds: key.succeeds,
    revision: key.revision,
  }
}

function cardBody({ use, tags, needsDrill, ...view }: KeyCard): object {
  return {
    ...keyBody(view),
    tags: tags.map(({ name, value }) => ({ key: name, value })),
    needs_drill: needsDrill,
    last_used_at: use.lastUsedAt,
    last_operation: use.lastOperation,
    last_principal: use.lastPrincipal,
    last_day: use.lastDay,
    last_month: use.lastMonth,
  }
}

/** @throws KmsError parameter-invalid for an unknown value. */
function listOf<T extends string>(
  text: string | undefined,
  known: readonly T[],
  name: string,
): readonly T[] | null {
  if (text === undefined) return null
  const values = text.split(',')
  const unknown = values.find((value) => !(known as readonly string[]).includes(value))
  if (unknown !== undefined)
    throw new KmsError('parameter-invalid', `${name} must be one of: ${known.join(', ')}`)
  return values as T[]
}

function tagFilters(name: string | undefined, value: string | undefined): readonly TagFilter[] {
  if (name !== undefined) return [{ name, values: value === undefined ? [] : [value] }]
  if (value !== undefined) throw new KmsError('parameter-invalid', 'tag_value requires tag')
  return []
}

const oneKey = Type.Object({ key_id: keyId })

export const keyOperations = {
  search: operation({
    fields: Type.Object({
      text: Type.Optional(
        Type.String({
          maxLength: 255,
          description: 'part of an alias, a description or a tag, or the beginning of an ID',
        }),
      ),
      tag: Type.Optional(text(tagNameLength, 'key of a tag')),
      tag_value: Type.Optional(
        Type.String({ maxLength: tagValueLength, description: 'required value of the tag' }),
      ),
      state: Type.Optional(listText),
      spec: Type.Optional(listText),
      usage: Type.Optional(listText),
      origin: Type.Optional(listText),
      sort: Type.Optional(
        Type.String({
          description: `one of: ${keySorts.join(', ')}; prefix it with - to reverse the order`,
        }),
      ),
      offset: Type.Optional(countText),
      limit: Type.Optional(countText),
    }),
    answer: Type.Object({ keys: Type.Array(cardAnswer), total: Type.Integer() }),
    command: searchKeys,
    read: ({
      text: part = '',
      tag,
      tag_value,
      state,
      spec,
      usage,
      origin,
      sort = '-created',
      offset,
      limit,
    }) => {
      const descending = sort.startsWith('-')
      const [by] = listOf(descending ? sort.slice(1) : sort, keySorts, 'sort') ?? []
      return {
        text: part === '' ? null : part,
        tags: tagFilters(tag, tag_value),
        states: listOf(state, keyStates, 'state'),
        specs: listOf(spec, Object.keys(keySpecs), 'spec'),
        usages: listOf(usage, keyUsages, 'usage'),
        origins: listOf(origin, keyOrigins, 'origin'),
        sort: by ?? 'created',
        descending,
        offset: Number(offset ?? 0),
        limit: readLimit(limit, limits),
      }
    },
    write: ({ keys, total }) => ({ keys: keys.map(cardBody), total }),
  }),
  describe: operation({
    fields: oneKey,
    answer: detailsAnswer,
    command: describeKeyCard,
    read: ({ key_id }) => ({ key: key_id }),
    write: ({ aliases, grants, ...found }) => ({
      ...cardBody(found),
      aliases: aliases.map(({ name, createdAt }) => ({ alias: name, created_at: createdAt })),
      grants,
    }),
  }),
  findByFingerprint: operation({
    fields: Type.Object({ fingerprint: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
    answer: keyAnswer,
    command: findKeyByFingerprint,
    read: ({ fingerprint }) => ({ fingerprint: decodeHex(fingerprint, 32) as Uint8Array }),
    write: keyBody,
  }),
  edit: operation({
    fields: Type.Object({
      key_id: keyId,
      revision: Type.Integer({
        minimum: 1,
        description: 'the revision that the change is based on',
      }),
      alias: Type.Optional(Type.String()),
      description: Type.Optional(Type.String()),
      backup_place: Type.Optional(
        Type.String({ description: 'where the backup is; never the material itself' }),
      ),
    }),
    answer: keyAnswer,
    command: editKey,
    read: ({ key_id, revision, alias, description, backup_place }) => ({
      key: key_id,
      revision,
      alias: alias ?? null,
      description: description ?? null,
      backupPlace: backup_place ?? null,
    }),
    write: keyBody,
  }),
  createSuccessor: operation({
    fields: Type.Object({
      key_id: keyId,
      alias: Type.Optional(Type.String({ description: 'its alias until it takes over' })),
    }),
    answer: keyAnswer,
    command: createSuccessor,
    read: ({ key_id, alias }) => ({ key: key_id, alias: alias ?? null }),
    write: keyBody,
    status: 201,
  }),
  succeed: operation({
    fields: oneKey,
    answer: Type.Object({ successor: keyAnswer, predecessor: keyAnswer }),
    command: completeSuccession,
    read: ({ key_id }) => ({ key: key_id }),
    write: ({ successor, predecessor }) => ({
      successor: keyBody(successor),
      predecessor: keyBody(predecessor),
    }),
  }),
}
