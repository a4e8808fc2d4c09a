/**
 * Data keys: create-datakey, create-datakey-without-plaintext, encrypt-datakey, decrypt-datakey, gen-random. Everything is in
 * hexadecimal; lengths are in bits where keys are made and in bytes where they are handed in.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import Type from 'typebox'
import { type AnyOperation, operation } from '../../calls/operation.ts'
import { KmsError, type KmsErrorCode } from '../../domain/errors.ts'
import { dataKeyBytes } from '../../domain/rules.ts'
import { createDataKey, decryptDataKey, encryptDataKey, generateRandom } from '../../engine/data-keys.ts'
import { decodeHex } from '../../wire/hex.ts'
import { readContext } from './encryption.ts'
import { context, keyId, pin, refusePin, sequence, wholeNumber } from './fields.ts'

const digestBytes = 32
const ciphertextBytesLimit = dataKeyBytes.max + 1024
/** Key specs in place of a length, in bits. */
const specBits: Readonly<Record<string, number>> = { AES_128: 128, AES_256: 256 }
const usualBits = 256

const creating = {
  key_id: keyId,
  key_spec: Type.Optional(Type.String()),
  datakey_length: Type.Optional(wholeNumber),
  ...context,
  ...pin,
  sequence,
}

type Creating = {
  readonly key_id: string
  readonly key_spec?: string
  readonly datakey_length?: string | number
  readonly pin?: string
  readonly pin_type?: string
} & Parameters<typeof readContext>[0]

/** A length in bits, as documented from 8 to 8192 in whole bytes. */
function bytesOfBits(bits: string | number, codes: { readonly range: KmsErrorCode; readonly uneven: KmsErrorCode }): number {
  const value = Number(bits)
  if (value < dataKeyBytes.min * 8 || value > dataKeyBytes.max * 8)
    throw new KmsError(codes.range, `a length is ${dataKeyBytes.min * 8} to ${dataKeyBytes.max * 8} bits`)
  if (value % 8 !== 0) throw new KmsError(codes.uneven, 'a length in bits is a multiple of 8')
  return value / 8
}

/** Where both are given, the length counts. */
function readSize({ key_spec: spec, datakey_length: bits }: Creating): number {
  if (bits !== undefined) return bytesOfBits(bits, { range: 'data-key-length-invalid', uneven: 'data-key-length-uneven' })
  if (spec === undefined) return usualBits / 8
  const known = Object.hasOwn(specBits, spec) ? specBits[spec] : undefined
  if (known !== undefined) return known / 8
  throw new KmsError('data-key-spec-invalid', `key_spec of a data key is one of: ${Object.keys(specBits).join(', ')}`)
}

function readCreating(fields: Creating, withPlaintext: boolean) {
  refusePin(fields)
  return { keyId: fields.key_id, sizeBytes: readSize(fields), context: readContext(fields), withPlaintext }
}

/** The data key and its SHA-256, in hexadecimal, as one text. @returns the data key alone. */
function readDataKey(text: string, length: string | number): Uint8Array {
  const size = Number(length)
  if (size < dataKeyBytes.min || size > dataKeyBytes.max)
    throw new KmsError(
      'data-key-plain-length-invalid',
      `datakey_plain_length is ${dataKeyBytes.min} to ${dataKeyBytes.max} bytes`,
    )
  const bytes = decodeHex(text, dataKeyBytes.max + digestBytes)
  if (bytes === undefined)
    throw new KmsError('plaintext-invalid', 'plain_text is the hexadecimal of the data key and of its SHA-256')
  try {
    if (bytes.length !== size + digestBytes)
      throw new KmsError('data-key-plain-length-wrong', `plain_text is not a data key of ${size} bytes and its SHA-256`)
    const dataKey = bytes.slice(0, size)
    if (timingSafeEqual(hash('sha256', dataKey, 'buffer'), bytes.subarray(size))) return dataKey
    dataKey.fill(0)
    throw new KmsError('data-key-digest-wrong', 'the second part of plain_text is not the SHA-256 of the first')
  } finally {
    bytes.fill(0)
  }
}

export function readSealed(text: string): Uint8Array {
  const bytes = decodeHex(text, ciphertextBytesLimit)
  if (bytes === undefined) throw new KmsError('ciphertext-invalid', 'the ciphertext is not valid for this key and context')
  return bytes
}

/** `datakey_cipher_length`: in bytes, of the data key and not of its ciphertext. */
export function readDataKeySize(length: string | number): number {
  const sizeBytes = Number(length)
  if (sizeBytes >= dataKeyBytes.min && sizeBytes <= dataKeyBytes.max) return sizeBytes
  throw new KmsError(
    'data-key-cipher-length-invalid',
    `datakey_cipher_length is ${dataKeyBytes.min} to ${dataKeyBytes.max}: the bytes of the data key`,
  )
}

/** Text of secret bytes for the answer; the bytes themselves are wiped. */
function handOver(secret: Uint8Array): string {
  const text = secret.toHex()
  secret.fill(0)
  return text
}

export const dataKeyOperations: Readonly<Record<string, AnyOperation>> = {
  'create-datakey': operation({
    fields: Type.Object(creating),
    command: createDataKey,
    read: (fields) => readCreating(fields, true),
    write: ({ keyId, plaintext, ciphertext }) => ({
      key_id: keyId,
      plain_text: handOver(plaintext as Uint8Array),
      cipher_text: ciphertext.toHex(),
    }),
  }),
  'create-datakey-without-plaintext': operation({
    fields: Type.Object(creating),
    command: createDataKey,
    read: (fields) => readCreating(fields, false),
    write: ({ keyId, ciphertext }) => ({ key_id: keyId, cipher_text: ciphertext.toHex() }),
  }),
  'encrypt-datakey': operation({
    fields: Type.Object({
      key_id: keyId,
      plain_text: Type.String(),
      datakey_plain_length: wholeNumber,
      key_spec: Type.Optional(Type.String()),
      ...context,
      ...pin,
      sequence,
    }),
    command: encryptDataKey,
    read: (fields) => {
      refusePin(fields)
      if (fields.key_spec !== undefined)
        throw new KmsError('parameter-invalid', 'encrypt-datakey takes symmetric data keys: leave key_spec out')
      const dataKey = readDataKey(fields.plain_text, fields.datakey_plain_length)
      return { keyId: fields.key_id, dataKey, context: readContext(fields) }
    },
    write: ({ keyId, ciphertext, sizeBytes }) => ({
      key_id: keyId,
      cipher_text: ciphertext.toHex(),
      datakey_length: String(sizeBytes),
    }),
  }),
  'decrypt-datakey': operation({
    fields: Type.Object({ key_id: keyId, cipher_text: Type.String(), datakey_cipher_length: wholeNumber, ...context, sequence }),
    command: decryptDataKey,
    read: (fields) => {
      const sizeBytes = readDataKeySize(fields.datakey_cipher_length)
      return { keyId: fields.key_id, ciphertext: readSealed(fields.cipher_text), sizeBytes, context: readContext(fields) }
    },
    write: ({ dataKey }) => {
      const length = String(dataKey.length)
      const digest = hash('sha256', dataKey, 'hex')
      return { data_key: handOver(dataKey), datakey_length: length, datakey_dgst: digest }
    },
  }),
  'gen-random': operation({
    fields: Type.Object({ random_data_length: wholeNumber, sequence }),
    command: generateRandom,
    read: ({ random_data_length }) => ({
      sizeBytes: bytesOfBits(random_data_length, { range: 'random-length-invalid', uneven: 'random-length-uneven' }),
    }),
    write: ({ bytes }) => ({ random_data: handOver(bytes) }),
  }),
}
