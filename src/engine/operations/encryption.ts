/** Encrypt and decrypt with the material of one key and an encryption context. */

import { type Header, open, readHeader, saltBytes, seal } from '../../crypto/envelope.ts'
import { contextBytes, contextDigest } from '../../crypto/formats/context.ts'
import { type Purpose, purposes } from '../../crypto/formats/labels.ts'
import { oaepOverheadBytes } from '../../domain/algorithms.ts'
import type { EncryptionContext } from '../../domain/context.ts'
import { KmsError } from '../../domain/errors.ts'
import type { AsymmetricSpec, SymmetricSpec } from '../../domain/keys/key-specs.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { checkEncrypts, plaintextBytes } from '../../domain/rules.ts'
import {
  type Done,
  granted,
  type KeyCommand,
  type KeyReference,
  type Task,
  turnOf,
} from '../command.ts'
import { invalidCiphertext } from '../engine.ts'
import { checkUsable, type LoadedKey, materialOf, type UsableKey } from '../keys/loaded-key.ts'

export const symmetricDefault = 'SYMMETRIC_DEFAULT'

export type EncryptInput = {
  readonly key: KeyReference
  /** Given up by the caller: it is wiped once it is sealed. */
  readonly plaintext: Uint8Array
  readonly context: EncryptionContext
  /** Name of an encryption algorithm of the key's spec. */
  readonly algorithm: string
}

export type EncryptResult = { readonly keyId: string; readonly ciphertext: Uint8Array }

export const encrypt = {
  name: 'encrypt',
  right: 'use',
  byGrant: granted('encrypt'),
  key: ({ key }) => key,
  run(task, key, input) {
    const encrypting = checkEncrypts(key.row, key.spec, input.algorithm)
    checkUsable(key, task.now)
    if (input.plaintext.length === 0 || input.plaintext.length > plaintextBytes) {
      throw new KmsError('plaintext-invalid', `a plaintext must be 1 to ${plaintextBytes} bytes`)
    }
    if (encrypting.kind !== 'symmetric') return encryptWithPublicKey(task, key, encrypting, input)
    return sealed(task, key, encrypting, purposes.data, input)
  },
} satisfies KeyCommand<EncryptInput, EncryptResult>

export type DecryptInput = {
  readonly ciphertext: Uint8Array
  /**
   * The key that the caller expects; if the ciphertext names another one, it is invalid. An
   * asymmetric key must be named.
   */
  readonly key: KeyReference | undefined
  readonly context: EncryptionContext
  readonly algorithm: string
}

export type DecryptResult = { readonly keyId: string; readonly plaintext: Uint8Array }

export const decrypt = {
  name: 'decrypt',
  right: 'use',
  unknownKey: ({ algorithm }) =>
    algorithm === symmetricDefault ? 'ciphertext-invalid' : 'key-not-found',
  byGrant: granted('decrypt'),
  key({ ciphertext, key, algorithm }) {
    if (algorithm === symmetricDefault) return keyInHeader(ciphertext, key)
    if (key !== undefined) return key
    throw new KmsError(
      'parameter-missing',
      `the key must be named to decrypt with ${algorithm}: such a ciphertext does not name it`,
    )
  },
  run(task, key, input) {
    const decrypting = checkEncrypts(key.row, key.spec, input.algorithm)
    checkUsable(key, task.now)
    if (decrypting.kind !== 'symmetric') return decryptWithPrivateKey(task, key, input)
    return opened(key, decrypting, purposeOfData(input.ciphertext), input)
  },
} satisfies KeyCommand<DecryptInput, DecryptResult>

/**
 * The purpose of data, or of the private key of a data key pair, which has no operation of its own.
 * Data keys have one.
 */
export function purposeOfData(ciphertext: Uint8Array): Purpose {
  return readHeader(ciphertext)?.purpose === purposes.dataKeyPair
    ? purposes.dataKeyPair
    : purposes.data
}

/**
 * The key that an envelope names.
 * @throws KmsError ciphertext-invalid, also for one that names another key than the caller.
 */
export function keyInHeader(
  ciphertext: Uint8Array,
  expected: KeyReference | undefined,
): KeyReference {
  const header = readHeader(ciphertext)
  // This depends on the caller's bytes alone, so it reveals nothing about a key.
  if (header === undefined)
    throw new KmsError(
      'ciphertext-invalid',
      'the ciphertext is not a Holdfast ciphertext, or it is cut short',
    )
  // An alias is looked up first: the material of the key that it means opens only what that key
  // sealed.
  if (typeof expected === 'object') return expected
  if (expected !== undefined && expected !== header.keyUuid) throw invalidCiphertext()
  return header.keyUuid
}

/** Seals under the current version, and wipes the plaintext. */
export function sealed(
  task: Task,
  key: UsableKey,
  spec: SymmetricSpec,
  purpose: Purpose,
  { plaintext, context }: { readonly plaintext: Uint8Array; readonly context: EncryptionContext },
): Done<EncryptResult> {
  using _plaintext = Wiped.of(plaintext)
  const version = key.row.materialVersion
  const bound = contextBytes(context)
  const header = headerOf(key, spec, purpose, version)
  const ciphertext = materialOf(key, version).use((bytes) =>
    seal(bytes, header, task.random.bytes(saltBytes), bound, plaintext),
  )
  return {
    result: { keyId: key.row.id, ciphertext },
    materialVersion: version,
    contextDigest: contextDigest(bound),
  }
}

/**
 * Opens what this key sealed for this purpose, under any of its versions.
 * @throws KmsError ciphertext-invalid.
 */
export function opened(
  key: UsableKey,
  spec: SymmetricSpec,
  purpose: Purpose,
  { ciphertext, context }: { readonly ciphertext: Uint8Array; readonly context: EncryptionContext },
): Done<DecryptResult> {
  const version = readHeader(ciphertext)?.version
  const material = version === undefined ? undefined : key.material(version)
  if (version === undefined || material === undefined) throw invalidCiphertext()
  const bound = contextBytes(context)
  const plaintext = material.use((bytes) =>
    open(bytes, headerOf(key, spec, purpose, version), bound, ciphertext),
  )
  if (plaintext === undefined) throw invalidCiphertext()
  return {
    result: { keyId: key.row.id, plaintext },
    materialVersion: version,
    contextDigest: contextDigest(bound),
    secret: plaintext,
  }
}

async function encryptWithPublicKey(
  task: Task,
  key: UsableKey,
  spec: AsymmetricSpec,
  { plaintext, context }: EncryptInput,
): Promise<Done<EncryptResult>> {
  using _plaintext = Wiped.of(plaintext)
  checkNoContext(context)
  const limit = spec.kind === 'rsa' ? spec.modulusBits / 8 - oaepOverheadBytes : 0
  if (plaintext.length > limit) {
    throw new KmsError(
      'plaintext-too-long',
      `a key of ${spec.name} encrypts at most ${limit} bytes; this is ${plaintext.length}`,
    )
  }
  const ciphertext = await task.asymmetric.encrypt(turnOf(task.call), key.publicKey(), plaintext)
  return { result: { keyId: key.row.id, ciphertext }, ...ofOnlyVersion(key) }
}

async function decryptWithPrivateKey(
  task: Task,
  key: UsableKey,
  { ciphertext, context }: DecryptInput,
): Promise<Done<DecryptResult>> {
  checkNoContext(context)
  const plaintext = await task.asymmetric.decrypt(turnOf(task.call), key.privateKey(), ciphertext)
  if (plaintext === undefined) throw invalidCiphertext()
  return { result: { keyId: key.row.id, plaintext }, secret: plaintext, ...ofOnlyVersion(key) }
}

function checkNoContext(context: EncryptionContext): void {
  if (context.length > 0)
    throw new KmsError(
      'context-invalid',
      'an asymmetric key does not support a context: leave it out',
    )
}

function ofOnlyVersion({ row }: UsableKey): { materialVersion: number } {
  return { materialVersion: row.materialVersion }
}

function headerOf(
  key: LoadedKey,
  { suite }: SymmetricSpec,
  purpose: Purpose,
  version: number,
): Header {
  return { suite, purpose, keyId: key.headerId, version }
}
