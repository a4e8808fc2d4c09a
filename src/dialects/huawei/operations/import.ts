/** Import of key material: parameters, import, deletion. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { KmsError } from '../../../domain/errors.ts'
import { instantFrom } from '../../../domain/instants.ts'
import { notBase64 } from '../../../domain/material/byte-text.ts'
import type { WrappingAlgorithmName } from '../../../domain/material/wrapping-algorithms.ts'
import {
  deleteImportedKeyMaterial,
  getImportParameters,
  importKeyMaterial,
} from '../../../engine/material/import.ts'
import { decodeBase64, encodeBase64 } from '../../../wire/base64.ts'
import { keyId, keyOnly, sequence, wholeNumber } from '../fields.ts'

/** Longest token and wrapped material, in base64 characters: as documented. */
const tokenCharacters = { min: 200, max: 6144 } as const
/** The longest is ML_DSA_87 with its expanded key: 4.9 KB, wrapped. */
const wrappedBytesLimit = 5120

/**
 * The algorithms of this API. RSAES_PKCS1_V1_5 and OAEP with SHA-1 are documented too but not
 * offered: neither is safe when strangers can submit ciphertexts.
 */
const algorithms: readonly WrappingAlgorithmName[] = ['RSAES_OAEP_SHA_256', 'SM2_ENCRYPT']

function readAlgorithm(name: string): WrappingAlgorithmName {
  const found = algorithms.find((one) => one === name)
  if (found !== undefined) return found
  throw new KmsError(
    'parameter-invalid',
    `wrapping_algorithm must be one of: ${algorithms.join(', ')}`,
  )
}

function readPrivateKey(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined
  const wrapped = decodeBase64(text, wrappedBytesLimit)
  if (wrapped === undefined)
    throw notBase64('material-unwrap-failed', 'encrypted_privatekey', text, wrappedBytesLimit)
  return wrapped
}

/** Seconds since 1970, as a number or as text; describe-key returns milliseconds. */
function readExpiry(seconds: string | number | undefined): number | null {
  return seconds === undefined ? null : instantFrom('expiration_time', Number(seconds), 'seconds')
}

export const importOperations: Readonly<Record<string, AnyOperation>> = {
  'get-parameters-for-import': operation({
    fields: Type.Object({ key_id: keyId, wrapping_algorithm: Type.String(), sequence }),
    command: getImportParameters,
    read: ({ key_id, wrapping_algorithm }) => ({
      key: key_id,
      wrappingAlgorithm: readAlgorithm(wrapping_algorithm),
    }),
    write: ({ keyId, token, publicKey, expiresAt }) => ({
      key_id: keyId,
      import_token: encodeBase64(token),
      expiration_time: Math.floor(expiresAt / 1000),
      public_key: encodeBase64(publicKey),
    }),
  }),
  'import-key-material': operation({
    fields: Type.Object({
      key_id: keyId,
      import_token: Type.String({ minLength: tokenCharacters.min, maxLength: tokenCharacters.max }),
      encrypted_key_material: Type.String(),
      encrypted_privatekey: Type.Optional(Type.String()),
      expiration_time: Type.Optional(wholeNumber),
      sequence,
    }),
    command: importKeyMaterial,
    read: (fields) => {
      const token = decodeBase64(fields.import_token, tokenCharacters.max)
      if (token === undefined)
        throw notBase64(
          'import-token-invalid',
          'import_token',
          fields.import_token,
          tokenCharacters.max,
        )
      const wrappedMaterial = decodeBase64(fields.encrypted_key_material, wrappedBytesLimit)
      if (wrappedMaterial === undefined)
        throw notBase64(
          'material-unwrap-failed',
          'encrypted_key_material',
          fields.encrypted_key_material,
          wrappedBytesLimit,
        )
      const wrappedPrivateKey = readPrivateKey(fields.encrypted_privatekey)
      return {
        key: fields.key_id,
        token,
        wrappedMaterial,
        wrappedPrivateKey,
        expiresAt: readExpiry(fields.expiration_time),
      }
    },
    write: () => ({}),
  }),
  'delete-imported-key-material': operation({
    fields: keyOnly,
    command: deleteImportedKeyMaterial,
    read: ({ key_id }) => ({ key: key_id }),
    write: () => ({}),
  }),
}
