/**
 * re-encrypt: takes what one key sealed (data, a data key or the private key of a data key pair)
 * and seals it again under another key.
 */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { KmsError } from '../../../domain/errors.ts'
import { symmetricDefault } from '../../../engine/operations/encryption.ts'
import { reEncrypt } from '../../../engine/operations/re-encryption.ts'
import { encodeBase64 } from '../../../wire/base64.ts'
import { keyId, wholeNumber } from '../fields.ts'
import { checkDataKeySize, readSealed } from './data-keys.ts'
import { readCiphertext, readContext } from './encryption.ts'

export const reEncryptionOperations: Readonly<Record<string, AnyOperation>> = {
  're-encrypt': operation({
    fields: Type.Object({
      cipher_text: Type.String(),
      source_key_id: Type.Optional(keyId),
      source_encryption_algorithm: Type.Optional(Type.String()),
      source_additional_authenticated_data: Type.Optional(Type.String()),
      destination_key_id: keyId,
      destination_encryption_algorithm: Type.Optional(Type.String()),
      destination_additional_authenticated_data: Type.Optional(Type.String()),
      datakey_cipher_length: Type.Optional(wholeNumber),
    }),
    command: reEncrypt,
    read: (fields) => ({
      ...readMovable(fields.cipher_text, fields.datakey_cipher_length),
      source: {
        key: fields.source_key_id,
        context: readContext({
          additional_authenticated_data: fields.source_additional_authenticated_data,
        }),
        algorithm: fields.source_encryption_algorithm ?? symmetricDefault,
      },
      destination: {
        key: fields.destination_key_id,
        context: readContext({
          additional_authenticated_data: fields.destination_additional_authenticated_data,
        }),
        algorithm: fields.destination_encryption_algorithm ?? symmetricDefault,
      },
    }),
    write: ({ kind, source, destination, ciphertext }) => ({
      key_id: destination.keyId,
      source_key_id: source.keyId,
      source_encryption_algorithm: source.algorithm,
      destination_encryption_algorithm: destination.algorithm,
      cipher_text: kind === 'data-key' ? ciphertext.toHex() : encodeBase64(ciphertext),
    }),
  }),
}

const hexadecimal = /^[0-9a-fA-F]+$/

/**
 * The ciphertext of a data key is hexadecimal, as the data key operations return it; that of data
 * and of a data key pair is base64. Each is returned in the encoding in which it was sent.
 */
function readMovable(text: string, length: string | number | undefined) {
  if (hexadecimal.test(text)) {
    if (length !== undefined) checkDataKeySize(length)
    return { kind: 'data-key', ciphertext: readSealed(text) } as const
  }
  if (length === undefined) return { kind: 'data', ciphertext: readCiphertext(text) } as const
  throw new KmsError(
    'parameter-invalid',
    'datakey_cipher_length requires the ciphertext of a data key, which is hexadecimal',
  )
}
