/**
 * Data key pairs: create-rsa-datakey-pair, create-ec-datakey-pair. The documentation does not
 * specify their encodings: keys are DER in base64, like the wrapping keys of imports, and the
 * sealed private key is a ciphertext as returned by encrypt-data, for decrypt-data.
 */
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { KmsError } from '../../../domain/errors.ts'
import type { AsymmetricSpecName, EcSpecName, RsaSpecName } from '../../../domain/keys/key-specs.ts'
import { Wiped } from '../../../domain/material/wiped.ts'
import { createDataKeyPair } from '../../../engine/operations/data-key-pairs.ts'
import { encodeBase64 } from '../../../wire/base64.ts'
import { context, keyId, pin, refusePin, sequence } from '../fields.ts'
import { readContext } from './encryption.ts'

/**
 * Names from the documentation; for curves they differ from those of create-key, which are accepted
 * too.
 */
const rsaSpecs = {
  RSA_2048: 'RSA_2048',
  RSA_3072: 'RSA_3072',
  RSA_4096: 'RSA_4096',
} as const satisfies Record<RsaSpecName, RsaSpecName>
const ecSpecs = {
  ECC_NIST_P256: 'EC_P256',
  ECC_NIST_P384: 'EC_P384',
  ECC_NIST_P521: 'EC_P521',
  ECC_SECG_P256K1: 'SECP256K1',
  SM2: 'SM2',
} as const satisfies Record<string, EcSpecName>

type Names = Readonly<Record<string, AsymmetricSpecName>>

function readSpec(names: Names, wanted: string): AsymmetricSpecName {
  const spec = Object.hasOwn(names, wanted)
    ? names[wanted]
    : Object.values(names).find((name) => name === wanted)
  if (spec !== undefined) return spec
  throw new KmsError(
    'data-key-spec-invalid',
    `key_spec of this data key pair must be one of: ${Object.keys(names).join(', ')}`,
  )
}

function creation(names: Names): AnyOperation {
  return operation({
    fields: Type.Object({
      key_id: keyId,
      key_spec: Type.String(),
      with_plain_text: Type.Optional(Type.Boolean()),
      ...context,
      ...pin,
      sequence,
    }),
    command: createDataKeyPair,
    read: (fields) => {
      refusePin(fields)
      return {
        key: fields.key_id,
        spec: readSpec(names, fields.key_spec),
        context: readContext(fields),
        withPlaintext: fields.with_plain_text ?? true,
      }
    },
    write: ({ keyId: id, spec, publicKey, privateKey, sealedPrivateKey }) => ({
      key_id: id,
      key_spec: Object.keys(names).find((name) => names[name] === spec),
      public_key: encodeBase64(publicKey),
      private_key_cipher_text: encodeBase64(sealedPrivateKey),
      ...(privateKey && { private_key_plain_text: Wiped.spend(privateKey, encodeBase64) }),
    }),
  })
}

export const dataKeyPairOperations: Readonly<Record<string, AnyOperation>> = {
  'create-rsa-datakey-pair': creation(rsaSpecs),
  'create-ec-datakey-pair': creation(ecSpecs),
}
