/** Data keys: made and sealed by a key, used by whoever asked; and random bytes. */
import { purposes } from '../crypto/labels.ts'
import type { EncryptionContext } from '../domain/context.ts'
import { KmsError } from '../domain/errors.ts'
import { grantFor } from '../domain/grants.ts'
import { checkUsable, dataKeyBytes, symmetricOnly } from '../domain/rules.ts'
import { granted, type KeyCommand, type ProjectCommand } from './command.ts'
import { keyInHeader, opened, sealed } from './encryption.ts'

export type CreateDataKeyInput = {
  readonly keyId: string
  readonly sizeBytes: number
  readonly context: EncryptionContext
  readonly withPlaintext: boolean
}

export type CreateDataKeyResult = {
  readonly keyId: string
  /** Undefined when it was not asked for; the caller wipes it. */
  readonly plaintext: Uint8Array | undefined
  readonly ciphertext: Uint8Array
}

export const createDataKey: KeyCommand<CreateDataKeyInput, CreateDataKeyResult> = {
  name: 'create-data-key',
  right: 'use',
  byGrant: (grants, who, { withPlaintext }) =>
    grantFor(grants, who, withPlaintext ? 'create-datakey' : 'create-datakey-without-plaintext'),
  keyId: ({ keyId }) => keyId,
  run(task, key, { sizeBytes, context, withPlaintext }) {
    const spec = symmetricOnly(key.row, key.spec)
    checkUsable(key.row, task.now)
    checkSize(sizeBytes)
    const dataKey = task.random.bytes(sizeBytes)
    const plaintext = withPlaintext ? dataKey.slice() : undefined
    const { result, ...rest } = sealed(task, key, spec, purposes.dataKey, { plaintext: dataKey, context })
    return { ...rest, result: { ...result, plaintext }, ...(plaintext && { secret: plaintext }) }
  },
}

export type EncryptDataKeyInput = {
  readonly keyId: string
  /** Given up by the caller: it is wiped once it is sealed. */
  readonly dataKey: Uint8Array
  readonly context: EncryptionContext
}

export type EncryptDataKeyResult = { readonly keyId: string; readonly ciphertext: Uint8Array; readonly sizeBytes: number }

export const encryptDataKey: KeyCommand<EncryptDataKeyInput, EncryptDataKeyResult> = {
  name: 'encrypt-data-key',
  right: 'use',
  byGrant: granted('encrypt-datakey'),
  keyId: ({ keyId }) => keyId,
  run(task, key, { dataKey, context }) {
    const spec = symmetricOnly(key.row, key.spec)
    checkUsable(key.row, task.now)
    checkSize(dataKey.length)
    const { result, ...rest } = sealed(task, key, spec, purposes.dataKey, { plaintext: dataKey, context })
    return { ...rest, result: { ...result, sizeBytes: dataKey.length } }
  },
}

export type DecryptDataKeyInput = {
  readonly keyId: string
  readonly ciphertext: Uint8Array
  /** What the caller says that the data key's length is. */
  readonly sizeBytes: number
  readonly context: EncryptionContext
}

export const decryptDataKey: KeyCommand<DecryptDataKeyInput, { readonly dataKey: Uint8Array }> = {
  name: 'decrypt-data-key',
  right: 'use',
  byGrant: granted('decrypt-datakey'),
  keyId: ({ keyId }) => keyId,
  run(task, key, { keyId, ciphertext, sizeBytes, context }) {
    const spec = symmetricOnly(key.row, key.spec)
    checkUsable(key.row, task.now)
    keyInHeader(ciphertext, keyId)
    const { result, secret, ...rest } = opened(key, spec, purposes.dataKey, { ciphertext, context })
    if (result.plaintext.length === sizeBytes) return { ...rest, secret, result: { dataKey: result.plaintext } }
    secret.fill(0)
    throw new KmsError('data-key-cipher-length-wrong', `the data key is not ${sizeBytes} bytes long`)
  },
}

export const generateRandom: ProjectCommand<{ readonly sizeBytes: number }, { readonly bytes: Uint8Array }> = {
  name: 'generate-random',
  right: 'use',
  run(task, { sizeBytes }) {
    checkSize(sizeBytes)
    const bytes = task.random.bytes(sizeBytes)
    return { result: { bytes }, secret: bytes }
  },
}

function checkSize(sizeBytes: number): void {
  if (!Number.isInteger(sizeBytes) || sizeBytes < dataKeyBytes.min || sizeBytes > dataKeyBytes.max) {
    throw new KmsError('data-key-length-invalid', `a data key is ${dataKeyBytes.min} to ${dataKeyBytes.max} bytes`)
  }
}
