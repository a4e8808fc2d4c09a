/** Data keys: generated and sealed by a key, used by the caller; and random bytes. */
import { hash, timingSafeEqual } from 'node:crypto'
import { purposes } from '../../crypto/formats/labels.ts'
import { grantFor } from '../../domain/access/grants.ts'
import type { EncryptionContext } from '../../domain/context.ts'
import { KmsError } from '../../domain/errors.ts'
import type { SymmetricSpec } from '../../domain/keys/key-specs.ts'
import { secretCopy } from '../../domain/material/secret-bytes.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { dataKeyBytes, symmetricOnly } from '../../domain/rules.ts'
import { granted, type KeyCommand, type KeyReference, type ProjectCommand } from '../command.ts'
import { checkUsable } from '../keys/loaded-key.ts'
import { keyInHeader, opened, sealed } from './encryption.ts'

export type CreateDataKeyInput = {
  readonly key: KeyReference
  readonly sizeBytes: number
  readonly context: EncryptionContext
  readonly withPlaintext: boolean
}

export type CreateDataKeyResult = {
  readonly keyId: string
  /** Undefined if it was not requested; the caller wipes it. */
  readonly plaintext: Uint8Array | undefined
  readonly ciphertext: Uint8Array
}

export const createDataKey: KeyCommand<CreateDataKeyInput, CreateDataKeyResult> = {
  name: 'create-data-key',
  right: 'use',
  byGrant: (grants, who, { withPlaintext }) =>
    grantFor(grants, who, withPlaintext ? 'create-data-key' : 'create-data-key-without-plaintext'),
  key: ({ key }) => key,
  run(task, key, { sizeBytes, context, withPlaintext }) {
    const spec = symmetricOnly(key.row, key.spec)
    checkUsable(key, task.now)
    checkSize(sizeBytes)
    const dataKey = task.random.bytes(sizeBytes)
    const plaintext = withPlaintext ? secretCopy(dataKey) : undefined
    const { result, ...rest } = sealed(task, key, spec, purposes.dataKey, {
      plaintext: dataKey,
      context,
    })
    return { ...rest, result: { ...result, plaintext }, ...(plaintext && { secret: plaintext }) }
  },
}

export type EncryptDataKeyInput = {
  readonly key: KeyReference
  /** Given up by the caller: it is wiped here. */
  readonly dataKey: Uint8Array
  /**
   * Digest of the data key, with the hash of the sealing key's spec: a data key that was truncated
   * or mixed up in transit is not sealed.
   */
  readonly digest: Uint8Array
  readonly context: EncryptionContext
}

export type EncryptDataKeyResult = {
  readonly keyId: string
  readonly ciphertext: Uint8Array
  readonly sizeBytes: number
}

export const encryptDataKey: KeyCommand<EncryptDataKeyInput, EncryptDataKeyResult> = {
  name: 'encrypt-data-key',
  right: 'use',
  byGrant: granted('encrypt-data-key'),
  key: ({ key }) => key,
  run(task, key, { dataKey, digest, context }) {
    using _dataKey = Wiped.of(dataKey)
    const spec = symmetricOnly(key.row, key.spec)
    checkUsable(key, task.now)
    checkSize(dataKey.length)
    checkDigest(spec, dataKey, digest)
    const { result, ...rest } = sealed(task, key, spec, purposes.dataKey, {
      plaintext: dataKey,
      context,
    })
    return { ...rest, result: { ...result, sizeBytes: dataKey.length } }
  },
}

export type DecryptDataKeyInput = {
  readonly key: KeyReference
  readonly ciphertext: Uint8Array
  readonly context: EncryptionContext
}

export const decryptDataKey: KeyCommand<DecryptDataKeyInput, { readonly dataKey: Uint8Array }> = {
  name: 'decrypt-data-key',
  right: 'use',
  byGrant: granted('decrypt-data-key'),
  key: ({ key }) => key,
  run(task, key, { ciphertext, context }) {
    const spec = symmetricOnly(key.row, key.spec)
    checkUsable(key, task.now)
    keyInHeader(ciphertext, key.row.id)
    const { result, ...rest } = opened(key, spec, purposes.dataKey, { ciphertext, context })
    return { ...rest, result: { dataKey: result.plaintext } }
  },
}

export const generateRandom: ProjectCommand<
  { readonly sizeBytes: number },
  { readonly bytes: Uint8Array }
> = {
  name: 'generate-random',
  right: 'use',
  run(task, { sizeBytes }) {
    checkSize(sizeBytes)
    const bytes = task.random.bytes(sizeBytes)
    return { result: { bytes }, secret: bytes }
  },
}

/** @param digest must have the length of a digest. */
function checkDigest(
  { name, dataKeyDigest }: SymmetricSpec,
  dataKey: Uint8Array,
  digest: Uint8Array,
): void {
  using expected = Wiped.of(hash(dataKeyDigest, dataKey, 'buffer'))
  if (timingSafeEqual(expected.bytes, digest)) return
  const called = { sha256: 'SHA-256', sm3: 'SM3' }[dataKeyDigest]
  throw new KmsError(
    'data-key-digest-wrong',
    `the digest does not match the data key: under a key of ${name} it must be its ${called}`,
  )
}

function checkSize(sizeBytes: number): void {
  if (
    !Number.isInteger(sizeBytes) ||
    sizeBytes < dataKeyBytes.min ||
    sizeBytes > dataKeyBytes.max
  ) {
    throw new KmsError(
      'data-key-length-invalid',
      `a data key must be ${dataKeyBytes.min} to ${dataKeyBytes.max} bytes`,
    )
  }
}
