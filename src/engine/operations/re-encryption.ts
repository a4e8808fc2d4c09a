/**
 * Re-encryption: one key opens what the other seals, and the plaintext leaves neither the service
 * nor this file.
 */
import { type Purpose, purposes } from '../../crypto/formats/labels.ts'
import type { EncryptionContext } from '../../domain/context.ts'
import type { SymmetricSpec } from '../../domain/keys/key-specs.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { checkEncrypts, symmetricOnly } from '../../domain/rules.ts'
import type { Done, KeyReference, Task, TransferCommand } from '../command.ts'
import { checkUsable, type LoadedKey, type UsableKey } from '../keys/loaded-key.ts'
import {
  decrypt,
  type EncryptResult,
  encrypt,
  keyInHeader,
  opened,
  purposeOfData,
  sealed,
  symmetricDefault,
} from './encryption.ts'

/**
 * One side of the re-encryption: a key, the context that binds the ciphertext, and the algorithm.
 */
export type Side = {
  readonly key: KeyReference
  readonly context: EncryptionContext
  readonly algorithm: string
}

export type ReEncryptInput = {
  readonly ciphertext: Uint8Array
  /**
   * What the ciphertext is treated as; the kind does not change. Data may be the private key of a
   * data key pair, as its header shows.
   */
  readonly kind: 'data' | 'data-key'
  /** Its key may be omitted if the ciphertext names it. */
  readonly source: Omit<Side, 'key'> & { readonly key: KeyReference | undefined }
  readonly destination: Side
}

/** A side after lookup, with its key by ID regardless of how it was named. */
export type FoundSide = Omit<Side, 'key'> & { readonly keyId: string }

export type ReEncryptResult = Pick<ReEncryptInput, 'kind'> & {
  readonly source: FoundSide
  readonly destination: FoundSide
  readonly ciphertext: Uint8Array
}

type Keys = { readonly source: LoadedKey; readonly key: LoadedKey }

export const reEncrypt: TransferCommand<ReEncryptInput, ReEncryptResult> = {
  name: 're-encrypt',
  right: 'use',
  key: ({ destination }) => destination.key,
  sourceKey: ({ ciphertext, kind, source }) =>
    kind === 'data-key'
      ? keyInHeader(ciphertext, source.key)
      : decrypt.key({ ciphertext, ...source }),
  unknownSource: ({ ciphertext, kind, source }) =>
    kind === 'data-key' ? 'ciphertext-invalid' : decrypt.unknownKey({ ciphertext, ...source }),
  async run(task, keys, input) {
    const { source, destination } = input
    const purpose = purposeOf(input)
    if (purpose !== purposes.data) return moveSealed(task, keys, purpose, input)
    const { result, materialVersion } = await decrypt.run(task, keys.source, {
      ...source,
      ciphertext: input.ciphertext,
    })
    using plaintext = Wiped.of(result.plaintext)
    return moved(
      keys,
      input,
      materialVersion,
      await encrypt.run(task, keys.key, { ...destination, plaintext: plaintext.bytes }),
    )
  },
}

function purposeOf({ kind, ciphertext, source }: ReEncryptInput): Purpose {
  if (kind === 'data-key') return purposes.dataKey
  return source.algorithm === symmetricDefault ? purposeOfData(ciphertext) : purposes.data
}

/**
 * What only symmetric keys seal is re-encrypted between symmetric keys only: data keys, and private
 * keys of data key pairs.
 */
function moveSealed(
  task: Task,
  keys: Keys,
  purpose: Purpose,
  input: ReEncryptInput,
): Done<ReEncryptResult> {
  const { ciphertext, source, destination } = input
  const from = symmetric(keys.source, source.algorithm, task.now)
  const to = symmetric(keys.key, destination.algorithm, task.now)
  const { result, materialVersion } = opened(from.key, from.spec, purpose, {
    ciphertext,
    context: source.context,
  })
  using plaintext = Wiped.of(result.plaintext)
  const effect = sealed(task, to.key, to.spec, purpose, {
    plaintext: plaintext.bytes,
    context: destination.context,
  })
  return moved(keys, input, materialVersion, effect)
}

function symmetric(
  key: LoadedKey,
  algorithm: string,
  now: number,
): { readonly key: UsableKey; readonly spec: SymmetricSpec } {
  const spec = symmetricOnly(key.row, key.spec)
  checkEncrypts(key.row, key.spec, algorithm)
  checkUsable(key, now)
  return { key, spec }
}

/**
 * The record's version and context are those of the new ciphertext; its detail says which version
 * opened the old one.
 */
function moved(
  keys: Keys,
  { kind, source, destination }: ReEncryptInput,
  sourceVersion: number | undefined,
  { result, ...rest }: Done<EncryptResult>,
): Done<ReEncryptResult> {
  const found = ({ context, algorithm }: Omit<Side, 'key'>, { row }: LoadedKey): FoundSide => ({
    context,
    algorithm,
    keyId: row.id,
  })
  return {
    ...rest,
    result: {
      kind,
      source: found(source, keys.source),
      destination: found(destination, keys.key),
      ciphertext: result.ciphertext,
    },
    detail: `version ${sourceVersion}`,
  }
}
