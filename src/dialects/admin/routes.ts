/**
 * The operations of the admin API by method and path. The server and the OpenAPI document use this
 * one table.
 */
import type { AnyOperation } from '../../api/operation.ts'
import { type RouteRow, RouteTable } from '../../api/route-table.ts'
import { accessKeyOperations as accessKeys, peopleOperation } from './access-keys.ts'
import { auditOperations as audit } from './audit.ts'
import { encryptionOperation } from './encryption.ts'
import { importOperations as imports } from './imports.ts'
import { keyOperations as keys } from './keys.ts'
import { sessionOperations as session } from './session.ts'
import { systemOperation } from './system.ts'

const prefix = '/admin/v1'

export type AdminRoute = readonly [
  method: string,
  path: string,
  operation: AnyOperation,
  summary: string,
]

const rows: readonly AdminRoute[] = [
  ['GET', '/session', session.describe, 'Who is signed in'],
  ['DELETE', '/session', session.end, 'Sign out'],
  [
    'POST',
    '/password',
    session.changePassword,
    'Change your own password; all other sessions of the user end',
  ],
  ['GET', '/access-keys', accessKeys.list, 'List your own access keys'],
  [
    'POST',
    '/access-keys',
    accessKeys.create,
    'Create an access key; its secret is returned only in this answer',
  ],
  ['PATCH', '/access-keys/:id', accessKeys.change, 'Enable or disable one of your own access keys'],
  ['DELETE', '/access-keys/:id', accessKeys.delete, 'Delete one of your own access keys'],
  ['GET', '/people', peopleOperation, 'The users of the project'],
  ['GET', '/keys', keys.search, 'Search, filter, sort and page the keys'],
  ['GET', '/keys/:key_id', keys.describe, 'A key with its use'],
  [
    'PATCH',
    '/keys/:key_id',
    keys.edit,
    'Change names and notes of a key, unless it has changed since',
  ],
  ['GET', '/fingerprints/:fingerprint', keys.findByFingerprint, 'The key that holds a private key'],
  [
    'POST',
    '/keys/:key_id/successor',
    keys.createSuccessor,
    'Create the successor of an imported key, without material',
  ],
  [
    'POST',
    '/keys/:key_id/succeed',
    keys.succeed,
    'Move the alias to a successor that holds its material',
  ],
  [
    'POST',
    '/keys/:key_id/encrypt',
    encryptionOperation,
    'Encrypt any bytes; the Huawei API takes text',
  ],
  ['GET', '/keys/:key_id/activity', audit.activity, 'The audit records of a key'],
  ['GET', '/imports', imports.list, 'Imports that were started and not finished'],
  ['PUT', '/imports/:key_id', imports.save, 'Save the progress of an import'],
  [
    'DELETE',
    '/imports/:key_id',
    imports.discard,
    'Discard the progress of an import; the key remains',
  ],
  [
    'POST',
    '/keys/:key_id/import-parameters',
    imports.importParameters,
    'A token and a wrapping key for an import or a renewal',
  ],
  [
    'POST',
    '/keys/:key_id/import',
    imports.import,
    'Import wrapped material; importing the same material again renews its expiry',
  ],
  [
    'POST',
    '/keys/:key_id/drill-parameters',
    imports.drillParameters,
    'A token and a wrapping key for a backup drill',
  ],
  [
    'POST',
    '/keys/:key_id/drill',
    imports.drill,
    'Compare a wrapped backup with the key; nothing is imported',
  ],
  ['GET', '/audit', audit.search, 'Search the audit log'],
  ['GET', '/calls', audit.calls, 'Calls by time, operation and outcome'],
  ['GET', '/overview', audit.overview, 'What needs attention, what exists, what is scheduled'],
  ['GET', '/system', systemOperation, 'The service itself'],
]

export const adminRoutes: readonly AdminRoute[] = rows.map(([method, path, ...rest]) => [
  method,
  prefix + path,
  ...rest,
])

export const routes = new RouteTable(
  adminRoutes.map(([method, path, operation]): RouteRow => [method, path, operation]),
)
