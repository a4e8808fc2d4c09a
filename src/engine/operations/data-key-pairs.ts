/** Data key pairs: a key pair made for use elsewhere, its private key sealed by a symmetric key. */
import { contextBytes } from '../../crypto/formats/context.ts'
import { purposes } from '../../crypto/formats/labels.ts'
import type { EncryptionContext } from '../../domain/context.ts'
import type { AsymmetricSpecName } from '../../domain/keys/key-specs.ts'
import { secretCopy } from '../../domain/material/secret-bytes.ts'
import { symmetricOnly } from '../../domain/rules.ts'
import { type KeyCommand, type KeyReference, turnOf } from '../command.ts'
import { checkUsable } from '../keys/loaded-key.ts'
import { sealed } from './encryption.ts'

export type CreateDataKeyPairInput = {
  readonly key: KeyReference
  /** What the pair is to be. */
  readonly spec: AsymmetricSpecName
  readonly context: EncryptionContext
  readonly withPlaintext: boolean
}

export type CreateDataKeyPairResult = {
  readonly keyId: string
  readonly spec: AsymmetricSpecName
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** PKCS#8 in DER; undefined if it was not requested. The caller wipes it. */
  readonly privateKey: Uint8Array | undefined
  /** The same, sealed for purpose 3: `decrypt` opens it. */
  readonly sealedPrivateKey: Uint8Array
}

export const createDataKeyPair: KeyCommand<CreateDataKeyPairInput, CreateDataKeyPairResult> = {
  name: 'create-data-key-pair',
  right: 'use',
  key: ({ key }) => key,
  async run(task, key, { spec, context, withPlaintext }) {
    const sealing = symmetricOnly(key.row, key.spec)
    checkUsable(key, task.now)
    // An invalid context is refused before a pair is made for it.
    contextBytes(context)
    const { pkcs8, spki } = await task.privateKeys.make(turnOf(task.call), spec)
    const privateKey = withPlaintext ? secretCopy(pkcs8) : undefined
    const { result, ...rest } = sealed(task, key, sealing, purposes.dataKeyPair, {
      plaintext: pkcs8,
      context,
    })
    const { keyId, ciphertext: sealedPrivateKey } = result
    return {
      ...rest,
      result: { keyId, spec, publicKey: spki, privateKey, sealedPrivateKey },
      ...(privateKey && { secret: privateKey }),
    }
  },
}
