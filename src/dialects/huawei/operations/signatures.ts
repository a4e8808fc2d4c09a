/** Signatures: sign, verify, get-publickey. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import type { ToSign } from '../../../domain/algorithms.ts'
import { KmsError } from '../../../domain/errors.ts'
import { notBase64 } from '../../../domain/material/byte-text.ts'
import { getPublicKey, sign, verify } from '../../../engine/operations/signatures.ts'
import { decodeBase64, encodeBase64 } from '../../../wire/base64.ts'
import { keyId, keyOnly, readMessage, sequence } from '../fields.ts'

/** Length of the longest signature (ML_DSA_87: 4627 bytes), with room for an invalid one. */
const signatureBytesLimit = 5120

const signing = {
  key_id: keyId,
  message: Type.String(),
  signing_algorithm: Type.String(),
  message_type: Type.Optional(Type.String()),
  sequence,
}

type SigningFields = { readonly message: string; readonly message_type?: string }

/** As documented, the message is a digest unless message_type says otherwise. */
function readToSign({ message, message_type: type = 'DIGEST' }: SigningFields): ToSign {
  if (type !== 'DIGEST' && type !== 'RAW')
    throw new KmsError('parameter-invalid', 'message_type must be DIGEST or RAW')
  return { kind: type === 'RAW' ? 'message' : 'digest', bytes: readMessage(message) }
}

export const signatureOperations: Readonly<Record<string, AnyOperation>> = {
  sign: operation({
    fields: Type.Object(signing),
    command: sign,
    read: (fields) => ({
      key: fields.key_id,
      what: readToSign(fields),
      algorithm: fields.signing_algorithm,
    }),
    write: ({ keyId, signature }) => ({ key_id: keyId, signature: encodeBase64(signature) }),
  }),
  verify: operation({
    fields: Type.Object({ ...signing, signature: Type.String() }),
    command: verify,
    read: (fields) => {
      const signature = decodeBase64(fields.signature, signatureBytesLimit)
      if (signature === undefined)
        throw notBase64('parameter-invalid', 'signature', fields.signature, signatureBytesLimit)
      return {
        key: fields.key_id,
        what: readToSign(fields),
        algorithm: fields.signing_algorithm,
        signature,
      }
    },
    write: ({ keyId, valid }) => ({ key_id: keyId, signature_valid: String(valid) }),
  }),
  'get-publickey': operation({
    fields: keyOnly,
    command: getPublicKey,
    read: ({ key_id }) => ({ key: key_id }),
    write: ({ keyId, publicKey }) => ({ key_id: keyId, public_key: pem(publicKey) }),
  }),
}

/** RFC 7468. */
function pem(spki: Uint8Array): string {
  const lines = encodeBase64(spki).match(/.{1,64}/g) ?? []
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n')
}
