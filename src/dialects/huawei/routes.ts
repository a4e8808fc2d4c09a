/** The operations of the Huawei API by method and path. */
import type { AnyOperation } from '../../api/operation.ts'
import { type RouteRow, RouteTable } from '../../api/route-table.ts'
import { aliasRoutes } from './aliases.ts'
import { dataKeyPairOperations } from './data-key-pairs.ts'
import { dataKeyOperations } from './data-keys.ts'
import { deploymentRoutes } from './deployment.ts'
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
