/**
 * Encryption of arbitrary bytes. The Huawei API accepts only text; its decryption returns these
 * ciphertexts in base64.
 */
import Type from 'typebox'
import { operation } from '../../api/operation.ts'
import { KmsError } from '../../domain/errors.ts'
import { plaintextBytes } from '../../domain/rules.ts'
import { encrypt } from '../../engine/operations/encryption.ts'
import { decodeBase64, encodeBase64 } from '../../wire/base64.ts'
import { keyId } from './fields.ts'

export const encryptionOperation = operation({
  fields: Type.Object({
    key_id: keyId,
    plaintext: Type.String({ description: `1 to ${plaintextBytes} bytes, base64` }),
    context: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'bound to the ciphertext' }),
    ),
    algorithm: Type.String({ description: 'an encryption algorithm of the key spec' }),
  }),
  answer: Type.Object({ ciphertext: Type.String({ description: 'base64' }) }),
  command: encrypt,
  read: ({ key_id, plaintext, context = {}, algorithm }) => {
    const bytes = decodeBase64(plaintext, plaintextBytes)
    if (bytes === undefined)
      throw new KmsError(
        'plaintext-invalid',
        `plaintext must be base64 of 1 to ${plaintextBytes} bytes`,
      )
    return { key: key_id, plaintext: bytes, context: Object.entries(context), algorithm }
  },
  write: ({ ciphertext }) => ({ ciphertext: encodeBase64(ciphertext) }),
})
