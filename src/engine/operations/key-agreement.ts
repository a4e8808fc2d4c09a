/**
 * Key agreement: the secret that a key shares with another party's key. Both parties derive their
 * own keys from it.
 */
import { KmsError } from '../../domain/errors.ts'
import { checkAgrees } from '../../domain/rules.ts'
import { type KeyCommand, type KeyReference, turnOf } from '../command.ts'
import { checkUsable } from '../keys/loaded-key.ts'

export type DeriveSharedSecretInput = {
  readonly key: KeyReference
  /** Name of a key agreement algorithm. */
  readonly algorithm: string
  /** Public key of the other side: DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}

export type DeriveSharedSecretResult = {
  readonly keyId: string
  readonly algorithm: string
  /** As long as a coordinate of the curve; the caller wipes it. */
  readonly sharedSecret: Uint8Array
}

export const deriveSharedSecret: KeyCommand<DeriveSharedSecretInput, DeriveSharedSecretResult> = {
  name: 'derive-shared-secret',
  right: 'use',
  key: ({ key }) => key,
  async run(task, key, input) {
    const algorithm = checkAgrees(key.row, key.spec, input.algorithm)
    checkUsable(key, task.now)
    const { row, spec } = key
    if (row.publicKey === null)
      throw new KmsError('stored-record-corrupt', `key ${row.id} lacks its public key`)
    const sharedSecret = await task.asymmetric.agree(
      turnOf(task.call),
      { privateKey: key.privateKey(), spki: row.publicKey },
      input.publicKey,
    )
    if (sharedSecret === undefined)
      throw new KmsError(
        'public-key-invalid',
        `the public key is not the DER SubjectPublicKeyInfo of an uncompressed point on the named curve of ${spec.name}`,
      )
    const result = { keyId: row.id, algorithm, sharedSecret }
    return { result, secret: sharedSecret, materialVersion: row.materialVersion }
  },
}
