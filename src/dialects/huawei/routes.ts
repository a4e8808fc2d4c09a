/** The operations of the Huawei API by method and path. */
import type { AnyOperation } from '../../api/operation.ts'
import { type RouteRow, RouteTable } from '../../api/route-table.ts'
import { aliasRoutes } from './operations/aliases.ts'
import { dataKeyPairOperations } from './operations/data-key-pairs.ts'
import { dataKeyOperations } from './operations/data-keys.ts'
import { deploymentRoutes } from './operations/deployment.ts'
import { encryptionOperations } from './operations/encryption.ts'
import { grantOperations } from './operations/grants.ts'
import { iamOperations } from './operations/iam.ts'
import { importOperations } from './operations/import.ts'
import { keyAgreementOperations } from './operations/key-agreement.ts'
import { keyOperations, keyQueries } from './operations/keys.ts'
import { macOperations } from './operations/macs.ts'
import { reEncryptionOperations } from './operations/re-encryption.ts'
import { rotationOperations } from './operations/rotation.ts'
import { signatureOperations } from './operations/signatures.ts'
import { tagRoutes } from './operations/tags.ts'

function rows(
  method: string,
  prefix: string,
  operations: Readonly<Record<string, AnyOperation>>,
): RouteRow[] {
  return Object.entries(operations).map(([name, operation]) => [
    method,
    `${prefix}/${name}`,
    operation,
  ])
}

const kms = '/v1.0/:project/kms'

export const huaweiRoutes: readonly RouteRow[] = [
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
  ...deploymentRoutes,
]

export const routes = new RouteTable(huaweiRoutes)
