/** Fields that many operations share, as the documented tables and the clients have them. */
import Type from 'typebox'
import { KmsError } from '../../domain/errors.ts'
import { messageBytes } from '../../domain/rules.ts'
import { decodeBase64 } from '../../wire/base64.ts'

/**
 * The documented pattern also allows lower-case letters beyond f: such an ID is well-formed but
 * unknown.
 */
export const keyId = Type.String({
  pattern: '^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$',
})

/**
 * A serial number that clients may give a request. 36 characters are documented, but one client
 * sends 32: nothing depends on it.
 */
export const sequence = Type.Optional(Type.String({ pattern: '^[0-9a-zA-Z-]{1,64}$' }))

/** Numbers arrive as JSON numbers or as text, depending on the client. */
export const wholeNumber = Type.Union([
  Type.String({ pattern: '^[0-9]{1,16}$' }),
  Type.Integer({ minimum: 0 }),
])

export const keyOnly = Type.Object({ key_id: keyId, sequence })

/** Context of an encryption: Huawei's one string, or the map that older clients send. */
export const context = {
  additional_authenticated_data: Type.Optional(Type.String()),
  encryption_context: Type.Optional(Type.Record(Type.String(), Type.String())),
}

/**
 * For another kind of service: accepting it silently would promise something that does not exist.
 */
export const pin = { pin: Type.Optional(Type.String()), pin_type: Type.Optional(Type.String()) }

export function refusePin({
  pin: code,
  pin_type: type,
}: {
  readonly pin?: string
  readonly pin_type?: string
}): void {
  if (code !== undefined || type !== undefined)
    throw new KmsError('parameter-invalid', 'data keys have no PIN here: omit pin and pin_type')
}

/**
 * The data to sign or to compute a MAC over.
 * @throws KmsError message-invalid if it is not base64, or too long.
 */
export function readMessage(text: string): Uint8Array {
  const bytes = decodeBase64(text, messageBytes)
  if (bytes === undefined)
    throw new KmsError('message-invalid', `message must be base64 of 1 to ${messageBytes} bytes`)
  return bytes
}

export type Limits = { readonly min: number; readonly max: number; readonly usual: number }

/** How many entries a page has at most. @throws KmsError limit-invalid. */
export function readLimit(limit: string | number | undefined, { min, max, usual }: Limits): number {
  const size = Number(limit ?? usual)
  if (size < min || size > max)
    throw new KmsError('limit-invalid', `limit must be between ${min} and ${max}`)
  return size
}

/** The refusal for each bad field; all other fields are refused as an invalid parameter. */
export const refusals = {
  key_id: 'key-id-invalid',
  target_key_id: 'key-id-invalid',
  source_key_id: 'key-id-invalid',
  destination_key_id: 'key-id-invalid',
  sequence: 'sequence-invalid',
  key_alias: 'alias-invalid',
  alias: 'alias-invalid',
  aliases: 'alias-invalid',
  key_description: 'description-invalid',
  pending_days: 'deletion-days-invalid',
  rotation_interval: 'rotation-interval-invalid',
  datakey_length: 'data-key-length-invalid',
  datakey_plain_length: 'data-key-plain-length-invalid',
  datakey_cipher_length: 'data-key-cipher-length-invalid',
  random_data_length: 'random-length-invalid',
  grantee_principal: 'grantee-invalid',
  retiring_principal: 'grantee-invalid',
  grant_id: 'grant-id-invalid',
  limit: 'limit-invalid',
  marker: 'marker-invalid',
  offset: 'offset-invalid',
  plain_text: 'plaintext-invalid',
  cipher_text: 'ciphertext-invalid',
  import_token: 'import-token-invalid',
  encrypted_key_material: 'material-unwrap-failed',
  additional_authenticated_data: 'context-invalid',
  source_additional_authenticated_data: 'context-invalid',
  destination_additional_authenticated_data: 'context-invalid',
  encryption_context: 'context-invalid',
} as const
