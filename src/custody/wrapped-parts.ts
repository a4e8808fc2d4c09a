/**
 * Checks that a file given as wrapped is wrapped: unwrapped material must not leave the owner's
 * machine. Wrapped with RSA, a secret is exactly as long as the modulus; wrapped with AES-KWP (RFC
 * 5649), a private key has a multiple of 8 bytes and is longer than its PKCS#8.
 */

import { isAsymmetric, type KeySpec } from '../domain/keys/key-specs.ts'
import {
  contentOf,
  derTag,
  firstElement,
  numberOf,
  parts,
  wholeBits,
} from '../domain/material/der.ts'
import { bitLength } from '../domain/material/rsa-numbers.ts'
import { looksLikeAge } from './age-file.ts'
import { isBareMaterial } from './bare-material.ts'
import { decodeBase64, decodeHex, textOf, utf16Of, withoutMark } from './material/text.ts'

/**
 * The wrapped secret, which for a key pair is the temporary key, and the private key wrapped under
 * it.
 */
export type Part = 'secret' | 'privateKey'

export const wrappedSentences = {
  empty: 'The file is empty. Choose the file that holds the wrapped material.',
  bare: 'This looks like the material itself; it was not sent. Wrap it under the wrapping key first.',
  size: 'Wrapped material has {n} bytes under this wrapping key; this has {m}. It was not sent.',
  'size-pair':
    'A wrapped temporary key has {n} bytes under this wrapping key, a wrapped private key a multiple of 8 from {least}; this has {m}. It was not sent.',
  'other-key': 'This file was wrapped for key {keyId}, not for this key. It was not sent.',
  'one-part': 'This file holds one of the two parts of a wrapped private key. It was not sent.',
} as const satisfies Readonly<Record<string, string>>

export type WrappedFault = keyof typeof wrappedSentences
export type NotWrapped = {
  readonly kind: 'refused'
  readonly reason: WrappedFault
  readonly values: Readonly<Record<string, string | number>>
}
/**
 * `fits` lists the parts that it can be, judging by its length: a wrapped P-521 key is as long as a
 * secret wrapped under 2048 bits.
 */
export type WrappedPart = {
  readonly kind: 'part'
  readonly fits: readonly Part[]
  readonly base64: string
}

/** @param moduli lengths of the possible wrapping keys, in bytes. */
export type WrappedFor = { readonly spec: KeySpec; readonly moduli: readonly number[] }

/** Lengths of the wrapping keys that a server generates, in bytes. */
export const wrappingKeyBytes: readonly number[] = [256, 384, 512]

/** No secret of any spec, and no private scalar, is longer. */
const longestSecret = 66
/** The shortest PKCS#8 is that of an Ed25519 key. */
const leastPkcs8 = 48
const block = 8

export function wrappedSentence({ reason, values }: NotWrapped): string {
  return wrappedSentences[reason].replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String(values[name]),
  )
}

function refuse(reason: WrappedFault, values: NotWrapped['values'] = {}): NotWrapped {
  return { kind: 'refused', reason, values }
}

/**
 * Which part a file may be, regardless of the field it was given in.
 * @param file raw, or in hexadecimal or base64; left unchanged.
 */
export function readWrappedPart(
  file: Uint8Array,
  { spec, moduli }: WrappedFor,
): WrappedPart | NotWrapped {
  const bytes = withoutMark(file)
  const text = textOf(bytes)
  if (bytes.length === 0 || text?.trim() === '') return refuse('empty')
  if (looksLikeAge(bytes) || utf16Of(bytes) !== undefined) return refuse('bare')
  // PEM without + and / would pass for base64 of the URL alphabet.
  if (text?.includes('-----')) return refuse('bare')
  const candidates =
    text === undefined
      ? [bytes]
      : [decodeHex(text), decodeBase64(text)].filter((one) => one !== undefined)
  // Text that encodes no bytes is a password, PEM or JSON.
  if (candidates.length === 0 || candidates.some((one) => isBare(one, spec))) return refuse('bare')
  for (const candidate of candidates) {
    const fits = fitting(candidate, spec, moduli)
    if (fits.length > 0) return { kind: 'part', fits, base64: candidate.toBase64() }
  }
  const [first] = candidates
  const values = { n: moduli.join(' / '), m: first?.length ?? 0 }
  return isAsymmetric(spec)
    ? refuse('size-pair', { ...values, least: leastWrapped(spec) })
    : refuse('size', values)
}

function fitting(bytes: Uint8Array, spec: KeySpec, moduli: readonly number[]): readonly Part[] {
  const isPrivateKey =
    isAsymmetric(spec) && bytes.length % block === 0 && bytes.length >= leastWrapped(spec)
  return [
    ...(moduli.includes(bytes.length) ? (['secret'] as const) : []),
    ...(isPrivateKey ? (['privateKey'] as const) : []),
  ]
}

/** The numbers of an RSA key alone take four and a half times the length of the modulus. */
function leastWrapped(spec: KeySpec): number {
  const pkcs8 = spec.kind === 'rsa' ? Math.ceil((spec.modulusBits / 8) * 4.5) : leastPkcs8
  return Math.ceil(pkcs8 / block) * block + block
}

/** Whether it is not wrapped material, because it can be read or is as long as a secret. */
function isBare(bytes: Uint8Array, spec: KeySpec): boolean {
  const isShort =
    bytes.length <= longestSecret && (!isAsymmetric(spec) || bytes.length < leastWrapped(spec))
  return isShort || isBareMaterial(bytes, spec)
}

export type WrappedWhole = {
  readonly kind: 'whole'
  readonly secret: string
  readonly privateKey: string | null
  readonly isSwapped: boolean
}

/**
 * Checks everything that will be sent.
 * @param second null for a symmetric key.
 */
export function readWrappedWhole(
  first: Uint8Array,
  second: Uint8Array | null,
  target: WrappedFor,
): WrappedWhole | NotWrapped {
  const one = readWrappedPart(first, target)
  if (one.kind === 'refused') return one
  if (!isAsymmetric(target.spec))
    return { kind: 'whole', secret: one.base64, privateKey: null, isSwapped: false }
  if (second === null) return refuse('one-part')
  const other = readWrappedPart(second, target)
  return other.kind === 'refused' ? other : pairUp(one, other)
}

/** Both parts, swapped if they were given the wrong way round. */
export function pairUp(first: WrappedPart, second: WrappedPart): WrappedWhole | NotWrapped {
  for (const [secret, privateKey] of [
    [first, second],
    [second, first],
  ] as const)
    if (secret.fits.includes('secret') && privateKey.fits.includes('privateKey'))
      return {
        kind: 'whole',
        secret: secret.base64,
        privateKey: privateKey.base64,
        isSwapped: secret !== first,
      }
  return refuse('one-part')
}

/**
 * Length of the modulus of an RSA key, in bytes; undefined for another key.
 * @param spki DER SubjectPublicKeyInfo: RFC 5280.
 */
export function modulusBytes(spki: Uint8Array): number | undefined {
  const [, key] = parts(firstElement(spki), 2) ?? []
  const bits = wholeBits(contentOf(key, derTag.bits))
  const [modulus] = (bits && parts(firstElement(bits), 2)) ?? []
  const number = numberOf(modulus)
  return number === undefined ? undefined : bitLength(number) / 8
}
