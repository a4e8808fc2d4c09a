/** Encryption of small data: encrypt-data, decrypt-data. */
import { isUtf8 } from 'node:buffer'
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { type EncryptionContext, emptyContext } from '../../../domain/context.ts'
import { KmsError } from '../../../domain/errors.ts'
import { notBase64 } from '../../../domain/material/byte-text.ts'
import { Wiped } from '../../../domain/material/wiped.ts'
import { plaintextBytes } from '../../../domain/rules.ts'
import { decrypt, encrypt, symmetricDefault } from '../../../engine/operations/encryption.ts'
import { decodeBase64, encodeBase64 } from '../../../wire/base64.ts'
import { context, keyId, sequence } from '../fields.ts'

/**
 * Longest ciphertext that this service ever returns, with room for what asymmetric keys will add.
 */
const ciphertextBytesLimit = plaintextBytes + 1024

type ContextFields = {
  readonly additional_authenticated_data?: string | undefined
  readonly encryption_context?: Readonly<Record<string, string>>
}

/**
 * The context that the one string of this API becomes: an entry of that name, so that other APIs
 * can decrypt the ciphertexts.
 */
export function readContext({
  additional_authenticated_data: single,
  encryption_context: map,
}: ContextFields): EncryptionContext {
  if (single !== undefined && map !== undefined) {
    throw new KmsError(
      'context-invalid',
      'give additional_authenticated_data or encryption_context, not both',
    )
  }
  if (single !== undefined) return [['additional_authenticated_data', single]]
  return map === undefined ? emptyContext : Object.entries(map)
}

function readPlaintext(text: string): Uint8Array {
  if (!text.isWellFormed())
    throw new KmsError('plaintext-invalid', 'plain_text must be well-formed Unicode text')
  return new TextEncoder().encode(text)
}

export function readCiphertext(text: string): Uint8Array {
  const bytes = decodeBase64(text, ciphertextBytesLimit)
  if (bytes === undefined)
    throw notBase64('ciphertext-invalid', 'cipher_text', text, ciphertextBytesLimit)
  return bytes
}

export const encryptionOperations: Readonly<Record<string, AnyOperation>> = {
  'encrypt-data': operation({
    fields: Type.Object({
      key_id: keyId,
      plain_text: Type.String(),
      encryption_algorithm: Type.Optional(Type.String()),
      ...context,
      sequence,
    }),
    command: encrypt,
    read: (fields) => ({
      key: fields.key_id,
      plaintext: readPlaintext(fields.plain_text),
      context: readContext(fields),
      algorithm: fields.encryption_algorithm ?? symmetricDefault,
    }),
    write: ({ keyId, ciphertext }) => ({ key_id: keyId, cipher_text: encodeBase64(ciphertext) }),
  }),
  'decrypt-data': operation({
    fields: Type.Object({
      cipher_text: Type.String(),
      key_id: Type.Optional(keyId),
      encryption_algorithm: Type.Optional(Type.String()),
      ...context,
      sequence,
    }),
    command: decrypt,
    read: (fields) => ({
      key: fields.key_id,
      ciphertext: readCiphertext(fields.cipher_text),
      context: readContext(fields),
      algorithm: fields.encryption_algorithm ?? symmetricDefault,
    }),
    write: ({ keyId, plaintext }) => {
      using given = Wiped.of(plaintext)
      const { buffer, byteOffset, byteLength } = given.bytes
      const bytes = Buffer.from(buffer, byteOffset, byteLength)
      // Bytes that are not text can only have come from another API: they are returned in base64
      // only.
      return {
        key_id: keyId,
        plain_text: isUtf8(bytes) ? bytes.toString() : '',
        plain_text_base64: bytes.toString('base64'),
      }
    },
  }),
}
