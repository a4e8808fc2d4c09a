/** Key agreement: derive-shared-secret. Public key and secret are base64. */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { KmsError } from '../../../domain/errors.ts'
import { notBase64 } from '../../../domain/material/byte-text.ts'
import { Wiped } from '../../../domain/material/wiped.ts'
import { deriveSharedSecret } from '../../../engine/operations/key-agreement.ts'
import { decodeBase64, encodeBase64 } from '../../../wire/base64.ts'
import { keyId } from '../fields.ts'

/** An EC public key takes at most 158 bytes; anything longer is not one in any encoding. */
const publicKeyBytesLimit = 1024

function readPublicKey(text: string): Uint8Array {
  const bytes = decodeBase64(text, publicKeyBytesLimit)
  if (bytes === undefined)
    throw notBase64('public-key-invalid', 'public_key', text, publicKeyBytesLimit)
  return bytes
}

export const keyAgreementOperations: Readonly<Record<string, AnyOperation>> = {
  'derive-shared-secret': operation({
    fields: Type.Object({
      key_id: keyId,
      key_agreement_algorithm: Type.String(),
      public_key: Type.String(),
      recipient: Type.Optional(Type.Unknown()),
    }),
    command: deriveSharedSecret,
    read: (fields) => {
      // A caller that wants the secret readable only by an attested enclave must not get it in the
      // clear.
      if (fields.recipient !== undefined)
        throw new KmsError(
          'parameter-invalid',
          'answers for an attested recipient are not supported: omit recipient',
        )
      return {
        key: fields.key_id,
        algorithm: fields.key_agreement_algorithm,
        publicKey: readPublicKey(fields.public_key),
      }
    },
    write: ({ keyId: id, algorithm, sharedSecret }) => ({
      key_id: id,
      key_agreement_algorithm: algorithm,
      shared_secret: Wiped.spend(sharedSecret, encodeBase64),
    }),
  }),
}
