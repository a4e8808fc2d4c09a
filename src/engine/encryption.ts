/** Encrypt and decrypt: the material of one key, a context, nothing that leaves it undecided. */
import { contextBytes, contextDigest } from '../crypto/context.ts'
import { type Header, open, readHeader, saltBytes, seal } from '../crypto/envelope.ts'
import { purposes } from '../crypto/labels.ts'
import type { EncryptionContext } from '../domain/context.ts'
import { KmsError } from '../domain/errors.ts'
import { checkUsable, plaintextBytes } from '../domain/rules.ts'
import type { KeyCommand } from './command.ts'
import { invalidCiphertext } from './engine.ts'
import type { LoadedKey } from './loaded-key.ts'

export type EncryptInput = {
  readonly keyId: string
  /** Given up by the caller: it is wiped once it is sealed. */
  readonly plaintext: Uint8Array
  readonly context: EncryptionContext
}

export type EncryptResult = { readonly keyId: string; readonly ciphertext: Uint8Array }

export const encrypt: KeyCommand<EncryptInput, EncryptResult> = {
  name: 'encrypt',
  right: 'use',
  keyId: ({ keyId }) => keyId,
  run(task, key, { keyId, plaintext, context }) {
    checkUsable(key.row, task.now)
    if (plaintext.length === 0 || plaintext.length > plaintextBytes) {
      throw new KmsError('plaintext-invalid', `a plaintext is 1 to ${plaintextBytes} bytes`)
    }
    const version = key.row.materialVersion as number
    const bound = contextBytes(context)
    const header = headerOf(key, version)
    const ciphertext = materialOf(key, version).use((bytes) =>
      seal(bytes, header, task.random.bytes(saltBytes), bound, plaintext),
    )
    plaintext.fill(0)
    return { result: { keyId, ciphertext }, materialVersion: version, contextDigest: contextDigest(bound) }
  },
}

export type DecryptInput = {
  readonly ciphertext: Uint8Array
  /** The key that the caller expects; another one in the ciphertext is an invalid ciphertext. */
  readonly keyId: string | undefined
  readonly context: EncryptionContext
}

export type DecryptResult = { readonly keyId: string; readonly plaintext: Uint8Array }

export const decrypt: KeyCommand<DecryptInput, DecryptResult> = {
  name: 'decrypt',
  right: 'use',
  unknownKey: 'ciphertext-invalid',
  keyId({ ciphertext, keyId }) {
    const header = readHeader(ciphertext)
    if (header === undefined || (keyId !== undefined && keyId !== header.keyUuid)) throw invalidCiphertext()
    return header.keyUuid
  },
  run(task, key, { ciphertext, context }) {
    checkUsable(key.row, task.now)
    const version = readHeader(ciphertext)?.version
    const material = version === undefined ? undefined : key.material(version)
    if (version === undefined || material === undefined) throw invalidCiphertext()
    const bound = contextBytes(context)
    const plaintext = material.use((bytes) => open(bytes, headerOf(key, version), bound, ciphertext))
    if (plaintext === undefined) throw invalidCiphertext()
    return {
      result: { keyId: key.row.id, plaintext },
      materialVersion: version,
      contextDigest: contextDigest(bound),
      secret: plaintext,
    }
  },
}

function headerOf(key: LoadedKey, version: number): Header {
  return { suite: key.spec.suite, purpose: purposes.data, keyId: key.headerId, version }
}

function materialOf(key: LoadedKey, version: number) {
  const material = key.material(version)
  if (material === undefined)
    throw new KmsError('stored-record-corrupt', `key ${key.row.id} has no version ${version}, though its record says so`)
  return material
}
