/** Import of key material: parameters, import, deletion. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../calls/operation.ts'
import { KmsError } from '../../domain/errors.ts'
import type { WrappingAlgorithmName } from '../../domain/wrapping-algorithms.ts'
import { deleteImportedKeyMaterial, getImportParameters, importKeyMaterial } from '../../engine/import.ts'
import { decodeBase64, encodeBase64 } from '../../wire/base64.ts'
import { keyId, keyOnly, sequence, wholeNumber } from './fields.ts'

/** Longest token and wrapped material, in base64 characters: as documented. */
const tokenCharacters = { min: 200, max: 6144 } as const
/** The longest is ML_DSA_87 with its expanded key: 4.9 KB, wrapped. */
const wrappedBytesLimit = 5120

/** Those of this API. RSAES_PKCS1_V1_5 and OAEP with SHA-1 are documented too, and not offered: neither is safe to decrypt for strangers. */
const algorithms: readonly WrappingAlgorithmName[] = ['RSAES_OAEP_SHA_256', 'SM2_ENCRYPT']

function readAlgorithm(name: string): WrappingAlgorithmName {
  const found = algorithms.find((one) => one === name)
  if (found !== undefined) return found
  throw new KmsError('parameter-invalid', `wrapping_algorithm is one of: ${algorithms.join(', ')}`)
}

function readPrivateKey(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined
  const wrapped = decodeBase64(text, wrappedBytesLimit)
  if (wrapped === undefined) throw new KmsError('material-unwrap-failed', 'encrypted_privatekey is not base64')
  return wrapped
}

/** Seconds since 1970, as a number or as text. */
function readExpiry(seconds: string | number | undefined): number | null {
  if (seconds === undefined) return null
  const milliseconds = Number(seconds) * 1000
  if (!Number.isSafeInteger(milliseconds))
    throw new KmsError('parameter-invalid', 'expiration_time is a time in seconds since 1970')
  return milliseconds
}

export const importOperations: Readonly<Record<string, AnyOperation>> = {
  'get-parameters-for-import': operation({
    fields: Type.Object({ key_id: keyId, wrapping_algorithm: Type.String(), sequence }),
    command: getImportParameters,
    read: ({ key_id, wrapping_algorithm }) => ({ keyId: key_id, wrappingAlgorithm: readAlgorithm(wrapping_algorithm) }),
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
      if (token === undefined) throw new KmsError('import-token-invalid', 'import_token is not base64')
      const wrappedMaterial = decodeBase64(fields.encrypted_key_material, wrappedBytesLimit)
      if (wrappedMaterial === undefined) throw new KmsError('material-unwrap-failed', 'encrypted_key_material is not base64')
      const wrappedPrivateKey = readPrivateKey(fields.encrypted_privatekey)
      return { keyId: fields.key_id, token, wrappedMaterial, wrappedPrivateKey, expiresAt: readExpiry(fields.expiration_time) }
    },
    write: () => ({}),
  }),
  'delete-imported-key-material': operation({
    fields: keyOnly,
    command: deleteImportedKeyMaterial,
    read: ({ key_id }) => ({ keyId: key_id }),
    write: () => ({}),
  }),
}
