/**
 * The operations of the admin API by method and path: the one table that is served and that the
 * OpenAPI document is made of.
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
    'Change the own password; every other session of the user ends',
  ],
  ['GET', '/access-keys', accessKeys.list, 'The own access keys'],
  [
    'POST',
    '/access-keys',
    accessKeys.create,
    'Make an access key; its secret is in this answer and nowhere else',
  ],
  ['PATCH', '/access-keys/:id', accessKeys.change, 'Enable or disable an own access key'],
  ['DELETE', '/access-keys/:id', accessKeys.delete, 'Delete an own access key'],
  ['GET', '/people', peopleOperation, 'The users of the project'],
  ['GET', '/keys', keys.search, 'Search, filter, sort and page the keys'],
  ['GET', '/keys/:key_id', keys.describe, 'A key with its use'],
  [
    'PATCH',
    '/keys/:key_id',
    keys.edit,
    'Change names and notes of a key, unless somebody else was faster',
  ],
  ['GET', '/fingerprints/:fingerprint', keys.findByFingerprint, 'The key that holds a private key'],
  [
    'POST',
    '/keys/:key_id/successor',
    keys.createSuccessor,
    'Make the successor of an imported key, with empty material',
  ],
  [
    'POST',
    '/keys/:key_id/succeed',
    keys.succeed,
    'Move the alias over to a successor that holds its material',
  ],
  [
    'POST',
    '/keys/:key_id/encrypt',
    encryptionOperation,
    'Encrypt any bytes; the Huawei API takes text',
  ],
  ['GET', '/keys/:key_id/activity', audit.activity, 'The audit records of a key'],
  ['GET', '/imports', imports.list, 'Imports that were begun and not finished'],
  ['PUT', '/imports/:key_id', imports.save, 'Remember how far an import is'],
  ['DELETE', '/imports/:key_id', imports.discard, 'Forget how far an import was; the key stays'],
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
    'Import wrapped material; what the key holds already renews its expiry',
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
  ['GET', '/overview', audit.overview, 'What needs care, what there is, what lies ahead'],
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
