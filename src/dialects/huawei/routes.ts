/** Which operation a request names: routed on the raw path, whose segments were decoded one by one. */
import { KmsError } from '../../domain/errors.ts'
import type { Target } from '../../wire/target.ts'
import { dataKeyOperations } from './data-keys.ts'
import { encryptionOperations } from './encryption.ts'
import { iamOperations } from './iam.ts'
import { importOperations } from './import.ts'
import { keyOperations } from './keys.ts'
import type { AnyOperation } from './operation.ts'
import { rotationOperations } from './rotation.ts'
import { signatureOperations } from './signatures.ts'

const built: Readonly<Record<string, AnyOperation>> = {
  ...keyOperations,
  ...encryptionOperations,
  ...importOperations,
  ...signatureOperations,
  ...dataKeyOperations,
  ...rotationOperations,
}
const readByGet: ReadonlySet<string> = new Set(['user-quotas'])

/** Operations of the API that this release answers with a refusal of its own, so that a client learns what is missing. */
const notBuilt = [
  ['POST', '/v1.0/:project/kms/alias/associate'],
  ['POST', '/v1.0/:project/kms/:key_id/tags/action'],
  ['POST', '/v1.0/:project/kms/revoke-grant'],
  ['POST', '/v1.0/:project/kms/retire-grant'],
  ['POST', '/v1.0/:project/kms/access-points'],
  ['POST', '/v1.0/:project/kms/aliases'],
  ['POST', '/v1.0/:project/kms/datakey-capsule/create'],
  ['POST', '/v1.0/:project/kms/create-ec-datakey-pair'],
  ['POST', '/v1.0/:project/kms/create-grant'],
  ['POST', '/v1.0/:project/kms/key-policies'],
  ['POST', '/v1.0/:project/keystores'],
  ['POST', '/v1.0/:project/kms/:key_id/tags'],
  ['POST', '/v1.0/:project/kms/create-pin'],
  ['POST', '/v1.0/:project/kms/create-rsa-datakey-pair'],
  ['POST', '/v1.0/:project/kms/datakey-capsule/decrypt'],
  ['DELETE', '/v1.0/:project/kms/access-points/:access_point_id'],
  ['DELETE', '/v1.0/:project/kms/aliases'],
  ['DELETE', '/v1.0/:project/kms/key-policies/:policy_id'],
  ['DELETE', '/v1.0/:project/keystores/:keystore_id'],
  ['DELETE', '/v1.0/:project/kms/:key_id/tags/:key'],
  ['POST', '/v1.0/:project/kms/derive-shared-secret'],
  ['POST', '/v1.0/:project/kms/access-points/:access_point_id/disable'],
  ['POST', '/v1.0/:project/keystores/:keystore_id/disable'],
  ['POST', '/v1.0/:project/kms/access-points/:access_point_id/get-privatekey'],
  ['POST', '/v1.0/:project/kms/access-points/:access_point_id/enable'],
  ['POST', '/v1.0/:project/keystores/:keystore_id/enable'],
  ['POST', '/v1.0/:project/kms/generate-mac'],
  ['GET', '/v1.0/:project/kms/access-points'],
  ['GET', '/v1.0/:project/kms/aliases'],
  ['POST', '/v1.0/:project/kms/list-grants'],
  ['GET', '/v1.0/:project/kms/key-policies'],
  ['GET', '/v1.0/:project/keystores'],
  ['POST', '/v1.0/:project/kms/resource_instances/action'],
  ['GET', '/v1.0/:project/kms/tags'],
  ['POST', '/v1.0/:project/kms/list-retirable-grants'],
  ['GET', '/v2/:project/kms/regions'],
  ['POST', '/v1.0/:project/kms/re-encrypt'],
  ['POST', '/v2/:project/kms/keys/:key_id/replicate'],
  ['GET', '/v1.0/:project/kms/key-policies/:policy_id'],
  ['GET', '/v1.0/:project/keystores/:keystore_id'],
  ['GET', '/v1.0/:project/kms/:key_id/tags'],
  ['GET', '/v1.0/:project/kms/user-instances'],
  ['PUT', '/v1.0/:project/kms/key-policies/:policy_id'],
  ['PUT', '/v2/:project/kms/keys/:key_id/update-primary-region'],
  ['POST', '/v1.0/:project/kms/verify-mac'],
] as const

const notBuiltPatterns = notBuilt.map(([method, path]) => ({ method, segments: path.slice(1).split('/') }))

/** `project` is undefined where the path names none. */
export type Route = { readonly project: string | undefined; readonly operation: AnyOperation }

/** @throws KmsError operation-unknown, not-built, method-not-supported. */
export function route(method: string, target: Target): Route {
  const { segments } = target
  const iam = segments.join('/')
  if (Object.hasOwn(iamOperations, iam)) {
    if (method !== 'GET') throw new KmsError('method-not-supported', `/${iam} is called with GET`)
    return { project: undefined, operation: iamOperations[iam] as AnyOperation }
  }
  const [version, project, family, name] = segments
  if (segments.length === 4 && version === 'v1.0' && family === 'kms' && project !== undefined && name !== undefined) {
    const operation = Object.hasOwn(built, name) ? built[name] : undefined
    if (operation !== undefined) {
      const expected = readByGet.has(name) ? 'GET' : 'POST'
      if (method === expected) return { project, operation }
      throw new KmsError('method-not-supported', `${name} is called with ${expected}`)
    }
  }
  const known = notBuiltPatterns.filter((pattern) => matches(pattern.segments, segments))
  if (known.some((pattern) => pattern.method === method)) {
    throw new KmsError('not-built', 'this operation of the API is not built yet in this release of Holdfast')
  }
  if (known.length > 0) throw new KmsError('method-not-supported', 'this path is not called with this method')
  throw new KmsError('operation-unknown', 'no operation of this API has this path')
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.length === segments.length && pattern.every((part, i) => part.startsWith(':') || part === segments[i])
}
