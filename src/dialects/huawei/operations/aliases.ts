/**
 * Aliases of keys. DELETE carries its fields in a JSON body; AssociateAlias moves an existing alias
 * to another key.
 */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import type { RouteRow } from '../../../api/route-table.ts'
import { aliasPrefix } from '../../../domain/keys/aliases.ts'
import * as aliases from '../../../engine/keys/aliases.ts'
import { keyId, readLimit, wholeNumber } from '../fields.ts'

const limits = { min: 1, max: 1000, usual: 100 } as const

/**
 * The URN contains the name without its prefix, and times are formatted as in the documentation's
 * examples: UTC, in whole seconds.
 */
function entity({ alias, project }: aliases.AliasView): object {
  return {
    domain_id: project.domainId,
    key_id: alias.keyId,
    alias: alias.name,
    alias_urn: `kms:${project.region}:${project.domainId}:alias:${alias.name.slice(aliasPrefix.length)}`,
    create_time: time(alias.createdAt),
    update_time: time(alias.updatedAt),
  }
}

/** 2026-11-25T11:38:00Z */
function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

const createAlias: AnyOperation = operation({
  fields: Type.Object({ key_id: keyId, alias: Type.String() }),
  command: aliases.createAlias,
  read: ({ key_id, alias }) => ({ key: key_id, name: alias }),
  write: entity,
  status: 201,
})

const deleteAlias: AnyOperation = operation({
  fields: Type.Object({ key_id: keyId, aliases: Type.Array(Type.String()) }),
  command: aliases.deleteAliases,
  read: ({ key_id, aliases: names }) => ({ key: key_id, names }),
  write: () => ({}),
})

const associateAlias: AnyOperation = operation({
  fields: Type.Object({ alias: Type.String(), target_key_id: keyId }),
  command: aliases.associateAlias,
  read: ({ alias, target_key_id }) => ({ key: target_key_id, name: alias }),
  write: entity,
})

const listAliases: AnyOperation = operation({
  fields: Type.Object({
    key_id: Type.Optional(keyId),
    limit: Type.Optional(wholeNumber),
    marker: Type.Optional(Type.String()),
  }),
  command: aliases.listAliases,
  read: ({ key_id = null, limit, marker }) => {
    return { key: key_id, after: marker || null, limit: readLimit(limit, limits) }
  },
  write: ({ aliases: found, next }) => ({
    aliases: found.map(entity),
    page_info: { next_marker: next ?? '', current_count: found.length },
  }),
})

const kms = '/v1.0/:project/kms'

export const aliasRoutes: readonly RouteRow[] = [
  ['POST', `${kms}/aliases`, createAlias],
  ['DELETE', `${kms}/aliases`, deleteAlias],
  ['GET', `${kms}/aliases`, listAliases],
  ['POST', `${kms}/alias/associate`, associateAlias],
]
