/** Sign and verify with an asymmetric key, and its public key for verifying elsewhere. */
import type { SigningAlgorithmName, ToSign } from '../../domain/algorithms.ts'
import { KmsError } from '../../domain/errors.ts'
import type { KeySpecName } from '../../domain/keys/key-specs.ts'
import { asymmetricOnly, checkSigns, checkToSign } from '../../domain/rules.ts'
import { granted, type KeyCommand, type KeyReference, turnOf } from '../command.ts'
import { checkUsable, type LoadedKey, type UsableKey } from '../keys/loaded-key.ts'

export type SignInput = {
  readonly key: KeyReference
  readonly what: ToSign
  /** Name of a signing algorithm of the key's spec. */
  readonly algorithm: string
}
export type SignResult = { readonly keyId: string; readonly signature: Uint8Array }

export const sign: KeyCommand<SignInput, SignResult> = {
  name: 'sign',
  right: 'use',
  byGrant: granted('sign'),
  key: ({ key }) => key,
  async run(task, found, input) {
    const { key, algorithm } = checked(found, task.now, input)
    const pair = { privateKey: key.privateKey(), publicKey: key.publicKey() }
    const signature = await task.asymmetric.sign(turnOf(task.call), pair, algorithm, input.what)
    return { result: { keyId: key.row.id, signature }, materialVersion: key.row.materialVersion }
  },
}

export type VerifyInput = SignInput & { readonly signature: Uint8Array }
export type VerifyResult = { readonly keyId: string; readonly valid: boolean }

export const verify: KeyCommand<VerifyInput, VerifyResult> = {
  name: 'verify',
  right: 'use',
  byGrant: granted('verify'),
  key: ({ key }) => key,
  async run(task, found, input) {
    const { key, algorithm } = checked(found, task.now, input)
    const valid = await task.asymmetric.verify(
      turnOf(task.call),
      key.publicKey(),
      algorithm,
      input.what,
      input.signature,
    )
    const { id, materialVersion } = key.row
    return {
      result: { keyId: id, valid },
      materialVersion,
      ...(!valid && { detail: 'signature not valid' }),
    }
  },
}

export type PublicKeyResult = {
  readonly keyId: string
  readonly spec: KeySpecName
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}

export const getPublicKey: KeyCommand<{ readonly key: KeyReference }, PublicKeyResult> = {
  name: 'get-public-key',
  right: 'read',
  byGrant: granted('get-public-key'),
  key: ({ key }) => key,
  run(task, key) {
    asymmetricOnly(key.row, key.spec)
    checkUsable(key, task.now)
    const { row, spec } = key
    if (row.publicKey === null)
      throw new KmsError('stored-record-corrupt', `key ${row.id} lacks its public key`)
    return { result: { keyId: row.id, spec: spec.name, publicKey: row.publicKey } }
  },
}

type Checked = { readonly key: UsableKey; readonly algorithm: SigningAlgorithmName }

function checked(key: LoadedKey, now: number, { what, algorithm: name }: SignInput): Checked {
  const algorithm = checkSigns(key.row, key.spec, name)
  checkUsable(key, now)
  checkToSign(algorithm, what)
  return { key, algorithm }
}
