/** Unfinished imports, imports that may renew an expiry, and the backup drill. */
import Type from 'typebox'
import { operation } from '../../api/operation.ts'
import { instantFrom } from '../../domain/instants.ts'
import { notBase64 } from '../../domain/material/byte-text.ts'
import { importSteps } from '../../domain/material/import-steps.ts'
import {
  type WrappingAlgorithmName,
  wrappingAlgorithms,
} from '../../domain/material/wrapping-algorithms.ts'
import type { KeyCommand } from '../../engine/command.ts'
import { drillBackup, getDrillParameters } from '../../engine/material/drill.ts'
import {
  getImportOrRenewalParameters,
  importOrRenewKeyMaterial,
} from '../../engine/material/import.ts'
import {
  discardImportDraft,
  listUnfinishedImports,
  saveImportDraft,
} from '../../engine/material/import-drafts.ts'
import type { ParametersInput, ParametersResult } from '../../engine/material/wrapped-material.ts'
import { decodeBase64, encodeBase64 } from '../../wire/base64.ts'
import { choices, importsAnswer } from './answers.ts'
import { countText, instant, keyId, nothing, readLimit } from './fields.ts'
import { keyBody } from './keys.ts'

/** The longest is ML_DSA_87 with its expanded key: 4.9 KB, wrapped. */
const wrappedBytesLimit = 5120
/**
 * If it is all in one part, a temporary key precedes the material, as long as the longest wrapping
 * key: RSA of 4096 bits.
 */
const wholeBytesLimit = 512 + wrappedBytesLimit
const tokenBytesLimit = 1024
const limits = { most: 200, usual: 50 } as const

const base64 = (maxBytes: number, description: string) =>
  Type.String({
    minLength: 4,
    maxLength: Math.ceil(maxBytes / 3) * 4,
    description: `${description}, base64`,
  })

function bytesOf(text: string, maxBytes: number, name: string): Uint8Array {
  const bytes = decodeBase64(text, maxBytes)
  if (bytes === undefined) throw notBase64('parameter-invalid', name, text, maxBytes)
  return bytes
}

const wrappedFields = {
  key_id: keyId,
  token: base64(tokenBytesLimit, 'from the import parameters'),
  wrapped_material: base64(
    wholeBytesLimit,
    'material, or the temporary key of a private key, under the wrapping key; with RSA_AES_KEY_WRAP_SHA_256 both in one',
  ),
  wrapped_private_key: Type.Optional(
    base64(wrappedBytesLimit, 'PKCS#8 under the temporary key, RFC 5649, or RFC 3394 over AES'),
  ),
}

type Wrapped = {
  key_id: string
  token: string
  wrapped_material: string
  wrapped_private_key?: string
}

function wrappedOf({ key_id, token, wrapped_material, wrapped_private_key }: Wrapped) {
  return {
    key: key_id,
    token: bytesOf(token, tokenBytesLimit, 'token'),
    wrappedMaterial: bytesOf(wrapped_material, wholeBytesLimit, 'wrapped_material'),
    wrappedPrivateKey:
      wrapped_private_key === undefined
        ? undefined
        : bytesOf(wrapped_private_key, wrappedBytesLimit, 'wrapped_private_key'),
  }
}

/** A token and the wrapping key that goes with it. */
function parametersOf(command: KeyCommand<ParametersInput, ParametersResult>) {
  return operation({
    fields: Type.Object({
      key_id: keyId,
      wrapping_algorithm: Type.Optional(
        Type.Enum(Object.keys(wrappingAlgorithms) as WrappingAlgorithmName[], {
          description: 'RSAES_OAEP_SHA_256 by default',
        }),
      ),
    }),
    answer: Type.Object({
      key_id: Type.String(),
      token: base64(tokenBytesLimit, 'identifies the wrapping key'),
      public_key: base64(1024, 'wrapping key, DER SubjectPublicKeyInfo'),
      expires_at: instant,
    }),
    command,
    read: ({ key_id, wrapping_algorithm = 'RSAES_OAEP_SHA_256' }) => ({
      key: key_id,
      wrappingAlgorithm: wrapping_algorithm,
    }),
    write: ({ keyId: id, token, publicKey, expiresAt }) => ({
      key_id: id,
      token: encodeBase64(token),
      public_key: encodeBase64(publicKey),
      expires_at: expiresAt,
    }),
  })
}

export const importOperations = {
  list: operation({
    fields: Type.Object({
      key_id: Type.Optional(keyId),
      offset: Type.Optional(countText),
      limit: Type.Optional(countText),
    }),
    answer: importsAnswer,
    command: listUnfinishedImports,
    read: ({ key_id, offset, limit }) => ({
      keyId: key_id ?? null,
      offset: Number(offset ?? 0),
      limit: readLimit(limit, limits),
    }),
    write: ({ imports, total }) => ({
      total,
      imports: imports.map(({ view, draft, tokenUntil }) => ({
        key: keyBody(view),
        step: draft?.step ?? null,
        choices: draft === null ? null : JSON.parse(draft.choices),
        by: draft?.userId ?? null,
        updated_at: draft?.updatedAt ?? null,
        token_until: tokenUntil,
      })),
    }),
  }),
  save: operation({
    fields: Type.Object({ key_id: keyId, step: Type.Enum(importSteps), choices }),
    answer: nothing,
    command: saveImportDraft,
    read: ({ key_id, step: reached, choices: chosen }) => ({
      key: key_id,
      step: reached,
      choices: JSON.stringify(chosen),
    }),
    write: () => ({}),
  }),
  discard: operation({
    fields: Type.Object({ key_id: keyId }),
    answer: nothing,
    command: discardImportDraft,
    read: ({ key_id }) => ({ key: key_id }),
    write: () => ({}),
  }),
  importParameters: parametersOf(getImportOrRenewalParameters),
  import: operation({
    fields: Type.Object({
      ...wrappedFields,
      expires_at: Type.Optional(
        Type.Integer({ minimum: 0, description: 'milliseconds since 1970; omit it for never' }),
      ),
    }),
    answer: nothing,
    command: importOrRenewKeyMaterial,
    read: ({ expires_at, ...fields }) => ({
      ...wrappedOf(fields),
      expiresAt:
        expires_at === undefined ? null : instantFrom('expires_at', expires_at, 'milliseconds'),
    }),
    write: () => ({}),
  }),
  drillParameters: parametersOf(getDrillParameters),
  drill: operation({
    fields: Type.Object(wrappedFields),
    answer: Type.Object({ key_id: Type.String(), drilled_at: instant }),
    command: drillBackup,
    read: wrappedOf,
    write: ({ keyId: id, drilledAt }) => ({ key_id: id, drilled_at: drilledAt }),
  }),
}
