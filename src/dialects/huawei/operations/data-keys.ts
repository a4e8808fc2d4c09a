/**
 * Data keys: create-datakey, create-datakey-without-plaintext, encrypt-datakey, decrypt-datakey,
 * gen-random. All data is hexadecimal; lengths are in bits where keys are created and in bytes
 * where they are passed in.
 */
import { hash } from 'node:crypto'
import Type from 'typebox'
import { type AnyOperation, operation } from '../../../api/operation.ts'
import { KmsError, type KmsErrorCode } from '../../../domain/errors.ts'
import { notHex } from '../../../domain/material/byte-text.ts'
import { Wiped } from '../../../domain/material/wiped.ts'
import { dataKeyBytes, dataKeyDigestBytes } from '../../../domain/rules.ts'
import {
  createDataKey,
  decryptDataKey,
  encryptDataKey,
  generateRandom,
} from '../../../engine/operations/data-keys.ts'
import { decodeHex } from '../../../wire/hex.ts'
import { context, keyId, pin, refusePin, sequence, wholeNumber } from '../fields.ts'
import { readContext } from './encryption.ts'

const ciphertextBytesLimit = dataKeyBytes.max + 1024
/** Key specs that replace a length, in bits. */
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

/** A length in bits, documented as 8 to 8192 in whole bytes. */
function bytesOfBits(
  bits: string | number,
  codes: { readonly range: KmsErrorCode; readonly uneven: KmsErrorCode },
): number {
  const value = Number(bits)
  if (value < dataKeyBytes.min * 8 || value > dataKeyBytes.max * 8)
    throw new KmsError(
      codes.range,
      `a length must be between ${dataKeyBytes.min * 8} and ${dataKeyBytes.max * 8} bits`,
    )
  if (value % 8 !== 0) throw new KmsError(codes.uneven, 'a length in bits must be a multiple of 8')
  return value / 8
}

/** If both are given, the length takes precedence. */
function readSize({ key_spec: spec, datakey_length: bits }: Creating): number {
  if (bits !== undefined)
    return bytesOfBits(bits, { range: 'data-key-length-invalid', uneven: 'data-key-length-uneven' })
  if (spec === undefined) return usualBits / 8
  const known = Object.hasOwn(specBits, spec) ? specBits[spec] : undefined
  if (known !== undefined) return known / 8
  throw new KmsError(
    'data-key-spec-invalid',
    `key_spec of a data key must be one of: ${Object.keys(specBits).join(', ')}`,
  )
}

function readCreating(fields: Creating, withPlaintext: boolean) {
  refusePin(fields)
  return {
    key: fields.key_id,
    sizeBytes: readSize(fields),
    context: readContext(fields),
    withPlaintext,
  }
}

/**
 * The data key and its digest, in hexadecimal, as one text. Which digest it is depends on the key,
 * so the engine compares it.
 */
function readDataKey(
  text: string,
  length: string | number,
): { readonly dataKey: Uint8Array; readonly digest: Uint8Array } {
  const size = Number(length)
  if (size < dataKeyBytes.min || size > dataKeyBytes.max)
    throw new KmsError(
      'data-key-plain-length-invalid',
      `datakey_plain_length must be between ${dataKeyBytes.min} and ${dataKeyBytes.max} bytes`,
    )
  const bytes = decodeHex(text, dataKeyBytes.max + dataKeyDigestBytes)
  if (bytes === undefined)
    throw new KmsError(
      'plaintext-invalid',
      'plain_text must be the data key followed by its digest, in hexadecimal',
    )
  using both = Wiped.of(bytes)
  if (bytes.length !== size + dataKeyDigestBytes)
    throw new KmsError(
      'data-key-plain-length-wrong',
      `plain_text is not a data key of ${size} bytes and its digest of ${dataKeyDigestBytes}`,
    )
  return { dataKey: both.bytes.slice(0, size), digest: both.bytes.slice(size) }
}

export function readSealed(text: string): Uint8Array {
  const bytes = decodeHex(text, ciphertextBytesLimit)
  if (bytes === undefined)
    throw notHex('ciphertext-invalid', 'cipher_text', text, ciphertextBytesLimit)
  return bytes
}

/**
 * `datakey_cipher_length`: in bytes, of the data key and not of its ciphertext. It is validated but
 * has no effect: the ciphertext states how long its data key is, and clients send the same length
 * for every key.
 */
export function checkDataKeySize(length: string | number): void {
  const sizeBytes = Number(length)
  if (sizeBytes >= dataKeyBytes.min && sizeBytes <= dataKeyBytes.max) return
  throw new KmsError(
    'data-key-cipher-length-invalid',
    `datakey_cipher_length must be between ${dataKeyBytes.min} and ${dataKeyBytes.max}: the length of the data key in bytes`,
  )
}

/** Text of secret bytes for the answer; the bytes themselves are wiped. */
function handOver(secret: Uint8Array): string {
  return Wiped.spend(secret, (bytes) => bytes.toHex())
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
        throw new KmsError(
          'parameter-invalid',
          'encrypt-datakey accepts only symmetric data keys: omit key_spec',
        )
      const context = readContext(fields)
      return {
        key: fields.key_id,
        context,
        ...readDataKey(fields.plain_text, fields.datakey_plain_length),
      }
    },
    write: ({ keyId, ciphertext, sizeBytes }) => ({
      key_id: keyId,
      cipher_text: ciphertext.toHex(),
      datakey_length: String(sizeBytes),
    }),
  }),
  'decrypt-datakey': operation({
    fields: Type.Object({
      key_id: keyId,
      cipher_text: Type.String(),
      datakey_cipher_length: wholeNumber,
      ...context,
      sequence,
    }),
    command: decryptDataKey,
    read: (fields) => {
      checkDataKeySize(fields.datakey_cipher_length)
      return {
        key: fields.key_id,
        ciphertext: readSealed(fields.cipher_text),
        context: readContext(fields),
      }
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
      sizeBytes: bytesOfBits(random_data_length, {
        range: 'random-length-invalid',
        uneven: 'random-length-uneven',
      }),
    }),
    write: ({ bytes }) => ({ random_data: handOver(bytes) }),
  }),
}
