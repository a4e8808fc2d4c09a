/** The Huawei API, as far as the console uses it. */
import { grantNames, grantOperationNamed } from '../../../src/dialects/huawei/grant-names.ts'
import type { GranteeType, GrantOperation, GrantTerms } from '../../../src/domain/access/grants.ts'
import type { Tag } from '../../../src/domain/keys/tags.ts'
import { rotationDays } from '../../../src/domain/rules.ts'
import { call } from './call.ts'

let project = ''

/** The project of the session; part of the path of every operation. */
export function setProject(id: string): void {
  project = id
}

function kms<T>(operation: string, fields: object): Promise<T> {
  return call<T>('POST', `/v1.0/${project}/kms/${operation}`, fields)
}

const ofKey = (operation: string) => (key_id: string) => kms<object>(operation, { key_id })

export type NewKey = {
  readonly key_alias: string
  readonly key_description: string
  readonly key_spec: string
  readonly key_usage: string
  readonly origin: 'kms' | 'external'
}

export const createKey = async (fields: NewKey): Promise<string> => {
  const { key_info } = await kms<{ key_info: { key_id: string } }>('create-key', fields)
  return key_info.key_id
}
export const enableKey = ofKey('enable-key')
export const disableKey = ofKey('disable-key')
export const deleteMaterial = ofKey('delete-imported-key-material')
export const cancelDeletion = ofKey('cancel-key-deletion')
export const scheduleDeletion = (key_id: string, days: number) =>
  kms('schedule-key-deletion', { key_id, pending_days: String(days) })

export type RotationStatus = {
  readonly key_rotation_enabled: boolean
  readonly rotation_interval?: number
  readonly last_rotation_time?: string
  readonly number_of_rotations: number
  readonly key_materials: readonly { readonly material_id: string; readonly create_time: string }[]
}
export const rotationStatus = (key_id: string) =>
  kms<RotationStatus>('get-key-rotation-status', { key_id })
export const setRotationInterval = (key_id: string, days: number) =>
  kms('update-key-rotation-interval', { key_id, rotation_interval: String(days) })
/**
 * In two calls where the interval is another than the usual one: the first of them has no interval.
 */
export const enableRotation = async (key_id: string, days: number): Promise<void> => {
  await kms('enable-key-rotation', { key_id })
  if (days !== rotationDays.usual) await setRotationInterval(key_id, days)
}
export const disableRotation = ofKey('disable-key-rotation')
export const rotateNow = ofKey('rotate-on-demand')

/** Sets tags, each with its value; all or none. */
export const setTags = (key_id: string, tags: readonly Tag[]) =>
  kms(`${key_id}/tags/action`, {
    action: 'create',
    tags: tags.map(({ name, value }) => ({ key: name, value })),
  })
export const removeTag = (key_id: string, name: string) =>
  call('DELETE', `/v1.0/${project}/kms/${key_id}/tags/${encodeURIComponent(name)}`)
export type ProjectTag = { readonly key: string; readonly values: readonly string[] }
export const projectTags = async (): Promise<readonly ProjectTag[]> =>
  (await call<{ tags: ProjectTag[] }>('GET', `/v1.0/${project}/kms/tags`)).tags

export const createAlias = (key_id: string, alias: string) => kms('aliases', { key_id, alias })
export const removeAlias = (key_id: string, alias: string) =>
  call('DELETE', `/v1.0/${project}/kms/aliases`, { key_id, aliases: [alias] })
export const moveAlias = (alias: string, target_key_id: string) =>
  kms('alias/associate', { alias, target_key_id })

export type Grant = {
  readonly grant_id: string
  /** Empty where it has none. */
  readonly name: string
  readonly grantee_principal: string
  readonly grantee_principal_type: GranteeType
  readonly operations: readonly GrantOperation[]
  readonly issuing_principal: string
  /** Empty where nobody is named. */
  readonly retiring_principal: string
  readonly creation_date: string
}
/** More than a key can have: one page holds them all. */
const everyGrant = 1000
type NamedGrant = Omit<Grant, 'operations'> & { readonly operations: readonly string[] }
export const listGrants = async (key_id: string): Promise<readonly Grant[]> => {
  const { grants } = await kms<{ grants: NamedGrant[] }>('list-grants', {
    key_id,
    limit: everyGrant,
  })
  return grants.map((grant) => ({
    ...grant,
    operations: grant.operations.flatMap((name) => grantOperationNamed(name) ?? []),
  }))
}
type NewGrant = Omit<GrantTerms, 'operations'> & { readonly operations: readonly GrantOperation[] }
export const createGrant = (
  key_id: string,
  { grantee, granteeType, operations, name, retiring }: NewGrant,
) =>
  kms('create-grant', {
    key_id,
    grantee_principal: grantee,
    grantee_principal_type: granteeType,
    operations: operations.map((one) => grantNames[one]),
    ...(name !== null && { name }),
    ...(retiring !== null && { retiring_principal: retiring }),
  })
export const revokeGrant = (key_id: string, grant_id: string) =>
  kms('revoke-grant', { key_id, grant_id })
export const retireGrant = (key_id: string, grant_id: string) =>
  kms('retire-grant', { key_id, grant_id })

export const publicKey = async (key_id: string): Promise<string> =>
  (await kms<{ public_key: string }>('get-publickey', { key_id })).public_key

export type Decrypted = {
  readonly key_id: string
  readonly plain_text: string
  readonly plain_text_base64: string
}
/** @param context names and values that were bound to it, empty for none. */
export const decryptData = (
  cipher_text: string,
  context: Readonly<Record<string, string>>,
  more: { readonly key_id?: string; readonly encryption_algorithm?: string } = {},
) =>
  kms<Decrypted>('decrypt-data', {
    cipher_text,
    ...(Object.keys(context).length > 0 && { encryption_context: context }),
    ...more,
  })
export type Signing = {
  readonly key_id: string
  readonly message: string
  readonly message_type: 'RAW' | 'DIGEST'
  readonly signing_algorithm: string
}
export const sign = async (fields: Signing): Promise<string> =>
  (await kms<{ signature: string }>('sign', fields)).signature
export const verify = async (fields: Signing & { readonly signature: string }): Promise<boolean> =>
  (await kms<{ signature_valid: string }>('verify', fields)).signature_valid === 'true'
export type MacCall = {
  readonly key_id: string
  readonly mac_algorithm: string
  readonly message: string
}
/** @returns hexadecimal. */
export const generateMac = async (fields: MacCall): Promise<string> =>
  (await kms<{ mac: string }>('generate-mac', fields)).mac
/** @param fields.mac hexadecimal. */
export const verifyMac = async (fields: MacCall & { readonly mac: string }): Promise<boolean> =>
  (await kms<{ mac_valid: boolean }>('verify-mac', fields)).mac_valid
export type DataKey = {
  readonly key_id: string
  readonly plain_text?: string
  readonly cipher_text: string
}
export const createDataKey = (
  key_id: string,
  bits: number,
  context: Readonly<Record<string, string>>,
) =>
  kms<DataKey>('create-datakey', {
    key_id,
    datakey_length: String(bits),
    ...(Object.keys(context).length > 0 && { encryption_context: context }),
  })
