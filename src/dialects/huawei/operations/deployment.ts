/**
 * What the API asks about a deployment besides its keys: its regions, its key stores, and what it
 * does not have.
 */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import type { RouteRow } from '../../../api/route-table.ts'
import type { ProjectCommand } from '../../../engine/command.ts'
import { declinedCommands } from '../declined.ts'
import { readLimit, wholeNumber } from '../fields.ts'

type Page = { readonly limit: number; readonly offset: number }

/** A deployment is in one region. */
const listRegions: ProjectCommand<Page, readonly string[]> = {
  name: 'list-regions',
  right: 'read',
  run: ({ call }, { limit, offset }) => ({
    result: [call.caller.project.row.region].slice(offset, offset + limit),
  }),
}

/** Key stores besides the deployment's own: none exist. */
const listKeyStores: ProjectCommand<Page, readonly never[]> = {
  name: 'list-key-stores',
  right: 'read',
  run: () => ({ result: [] }),
}

const limits = { min: 1, max: 1000, usual: 10 } as const

const page = Type.Object({ limit: Type.Optional(wholeNumber), offset: Type.Optional(wholeNumber) })

function readPage({ limit, offset }: { limit?: string | number; offset?: string | number }) {
  return { limit: readLimit(limit, limits), offset: Number(offset ?? 0) }
}

const regions = operation({
  fields: page,
  command: listRegions,
  read: readPage,
  write: (found) => ({ regions: found }),
})

const keyStores = operation({
  fields: page,
  command: listKeyStores,
  read: readPage,
  write: (found) => ({ total: found.length, keystores: found }),
})

/** Accepts any fields: there is nothing that they could refer to. */
function refused(name: keyof typeof declinedCommands): AnyOperation {
  return operation({
    fields: Type.Object({}),
    command: declinedCommands[name],
    read: () => ({}),
    write: () => ({}),
  })
}

const kms = '/v1.0/:project/kms'
const stores = '/v1.0/:project/keystores'
const accessPoints = `${kms}/access-points`
const policies = `${kms}/key-policies`

export const deploymentRoutes: readonly RouteRow[] = [
  ['GET', '/v2/:project/kms/regions', regions],
  ['POST', '/v2/:project/kms/keys/:key_id/replicate', refused('replicate-key')],
  ['PUT', '/v2/:project/kms/keys/:key_id/update-primary-region', refused('update-primary-region')],
  ['GET', stores, keyStores],
  ['POST', stores, refused('create-key-store')],
  ['GET', `${stores}/:keystore_id`, refused('describe-key-store')],
  ['DELETE', `${stores}/:keystore_id`, refused('delete-key-store')],
  ['POST', `${stores}/:keystore_id/enable`, refused('enable-key-store')],
  ['POST', `${stores}/:keystore_id/disable`, refused('disable-key-store')],
  ['POST', `${kms}/create-pin`, refused('create-pin')],
  ['POST', accessPoints, refused('create-access-point')],
  ['GET', accessPoints, refused('list-access-points')],
  ['DELETE', `${accessPoints}/:access_point_id`, refused('delete-access-point')],
  ['POST', `${accessPoints}/:access_point_id/enable`, refused('enable-access-point')],
  ['POST', `${accessPoints}/:access_point_id/disable`, refused('disable-access-point')],
  [
    'POST',
    `${accessPoints}/:access_point_id/get-privatekey`,
    refused('get-access-point-private-key'),
  ],
  ['POST', policies, refused('create-key-policy')],
  ['GET', policies, refused('list-key-policies')],
  ['GET', `${policies}/:policy_id`, refused('describe-key-policy')],
  ['PUT', `${policies}/:policy_id`, refused('update-key-policy')],
  ['DELETE', `${policies}/:policy_id`, refused('delete-key-policy')],
  ['POST', `${kms}/datakey-capsule/create`, refused('create-data-key-capsule')],
  ['POST', `${kms}/datakey-capsule/decrypt`, refused('decrypt-data-key-capsule')],
]
