/** The operations of the Huawei API by method and path. What is known and not built says so, so that a client learns what is missing. */
import type { AnyOperation } from '../../calls/operation.ts'
import { type RouteRow, RouteTable } from '../../calls/route-table.ts'
import { aliasRoutes } from './aliases.ts'
import { dataKeyPairOperations } from './data-key-pairs.ts'
import { dataKeyOperations } from './data-keys.ts'
import { encryptionOperations } from './encryption.ts'
import { grantOperations } from './grants.ts'
import { iamOperations } from './iam.ts'
import { importOperations } from './import.ts'
import { keyAgreementOperations } from './key-agreement.ts'
import { keyOperations, keyQueries } from './keys.ts'
import { macOperations } from './macs.ts'
import { reEncryptionOperations } from './re-encryption.ts'
import { rotationOperations } from './rotation.ts'
import { signatureOperations } from './signatures.ts'
import { tagRoutes } from './tags.ts'

function rows(method: string, prefix: string, operations: Readonly<Record<string, AnyOperation>>): RouteRow[] {
  return Object.entries(operations).map(([name, operation]) => [method, `${prefix}/${name}`, operation])
}

const kms = '/v1.0/:project/kms'

const notBuilt: readonly (readonly [method: string, path: string])[] = [
  ['POST', '/v1.0/:project/kms/access-points'],
  ['POST', '/v1.0/:project/kms/datakey-capsule/create'],
  ['POST', '/v1.0/:project/kms/key-policies'],
  ['POST', '/v1.0/:project/keystores'],
  ['POST', '/v1.0/:project/kms/create-pin'],
  ['POST', '/v1.0/:project/kms/datakey-capsule/decrypt'],
  ['DELETE', '/v1.0/:project/kms/access-points/:access_point_id'],
  ['DELETE', '/v1.0/:project/kms/key-policies/:policy_id'],
  ['DELETE', '/v1.0/:project/keystores/:keystore_id'],
  ['POST', '/v1.0/:project/kms/access-points/:access_point_id/disable'],
  ['POST', '/v1.0/:project/keystores/:keystore_id/disable'],
  ['POST', '/v1.0/:project/kms/access-points/:access_point_id/get-privatekey'],
  ['POST', '/v1.0/:project/kms/access-points/:access_point_id/enable'],
  ['POST', '/v1.0/:project/keystores/:keystore_id/enable'],
  ['GET', '/v1.0/:project/kms/access-points'],
  ['GET', '/v1.0/:project/kms/key-policies'],
  ['GET', '/v1.0/:project/keystores'],
  ['GET', '/v2/:project/kms/regions'],
  ['POST', '/v2/:project/kms/keys/:key_id/replicate'],
  ['GET', '/v1.0/:project/kms/key-policies/:policy_id'],
  ['GET', '/v1.0/:project/keystores/:keystore_id'],
  ['GET', '/v1.0/:project/kms/user-instances'],
  ['PUT', '/v1.0/:project/kms/key-policies/:policy_id'],
  ['PUT', '/v2/:project/kms/keys/:key_id/update-primary-region'],
]

export const routes = new RouteTable([
  ...rows('POST', kms, {
    ...keyOperations,
    ...encryptionOperations,
    ...reEncryptionOperations,
    ...importOperations,
    ...signatureOperations,
    ...macOperations,
    ...keyAgreementOperations,
    ...dataKeyOperations,
    ...dataKeyPairOperations,
    ...rotationOperations,
    ...grantOperations,
  }),
  ...rows('GET', kms, keyQueries),
  ...rows('GET', '', iamOperations),
  ...aliasRoutes,
  ...tagRoutes,
  ...notBuilt.map(([method, path]): RouteRow => [method, path, null]),
])
