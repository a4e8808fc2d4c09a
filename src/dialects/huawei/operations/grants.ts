/** Grants: create-grant, list-grants, list-retirable-grants, retire-grant, revoke-grant. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { type Grant, type GrantPosition, granteeTypes } from '../../../domain/access/grants.ts'
import * as grants from '../../../engine/access/grants.ts'
import { keyId, readLimit, sequence, wholeNumber } from '../fields.ts'
import { grantNames, grantOperationNamed } from '../grant-names.ts'

/** All grants of a key fit into one page. */
const limits = { min: 1, max: 2000, usual: 100 } as const

const oneGrant = Type.Object({
  key_id: keyId,
  grant_id: Type.String({ pattern: '^[A-Fa-f0-9]{64}$' }),
  sequence,
})
const paging = {
  limit: Type.Optional(wholeNumber),
  marker: Type.Optional(Type.String({ pattern: '^([0-9]{1,15}-[0-9a-f]{64})?$' })),
}

type Paging = { readonly limit?: string | number; readonly marker?: string }

/** A marker says itself where the previous page ended: the grant that was there may be gone. */
function readPaging({ limit, marker = '' }: Paging): {
  after: GrantPosition | null
  limit: number
} {
  const [createdAt, id] = marker.split('-')
  return {
    after: id === undefined ? null : { createdAt: Number(createdAt), id },
    limit: readLimit(limit, limits),
  }
}

function grantItem({ row, operations }: Grant): object {
  return {
    key_id: row.keyId,
    grant_id: row.id,
    grantee_principal: row.grantee,
    grantee_principal_type: row.granteeType,
    operations: operations.map((one) => grantNames[one]),
    issuing_principal: row.issuing,
    creation_date: String(row.createdAt),
    name: row.name ?? '',
    retiring_principal: row.retiring ?? '',
  }
}

function listing({ grants: found, total, next }: grants.ListGrantsResult): object {
  return {
    grants: found.map(grantItem),
    next_marker: next === null ? '' : `${next.createdAt}-${next.id}`,
    truncated: next === null ? 'false' : 'true',
    total,
  }
}

const readReference = (fields: { key_id: string; grant_id: string }): grants.GrantReference => ({
  key: fields.key_id,
  grantId: fields.grant_id.toLowerCase(),
})

export const grantOperations: Readonly<Record<string, AnyOperation>> = {
  'create-grant': operation({
    fields: Type.Object({
      key_id: keyId,
      grantee_principal: Type.String(),
      grantee_principal_type: Type.Optional(Type.Enum([...granteeTypes])),
      operations: Type.Array(Type.String()),
      name: Type.Optional(Type.String()),
      retiring_principal: Type.Optional(Type.String()),
      sequence,
    }),
    command: grants.createGrant,
    read: (fields) => ({
      key: fields.key_id,
      grantee: fields.grantee_principal,
      granteeType: fields.grantee_principal_type ?? 'user',
      operations: fields.operations.map(grantOperationNamed),
      name: fields.name ?? null,
      retiring: fields.retiring_principal ?? null,
    }),
    write: ({ grantId }) => ({ grant_id: grantId }),
  }),
  'list-grants': operation({
    fields: Type.Object({ key_id: keyId, ...paging, sequence }),
    command: grants.listGrants,
    read: (fields) => ({ key: fields.key_id, ...readPaging(fields) }),
    write: listing,
  }),
  'list-retirable-grants': operation({
    fields: Type.Object({ ...paging, sequence }),
    command: grants.listRetirableGrants,
    read: readPaging,
    write: listing,
  }),
  'retire-grant': operation({
    fields: oneGrant,
    command: grants.retireGrant,
    read: readReference,
    write: () => ({}),
  }),
  'revoke-grant': operation({
    fields: oneGrant,
    command: grants.revokeGrant,
    read: readReference,
    write: () => ({}),
  }),
}
