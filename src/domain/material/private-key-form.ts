/**
 * Parses a private key in any of the forms that HSMs, key stores and programs write, for the one
 * form that is stored: PKCS#8 (RFC 5208), OneAsymmetricKey (RFC 5958), PKCS#1 (RFC 8017), SEC 1
 * (RFC 5915). Does not check whether its numbers make a valid key.
 */

import type { MlDsaSpec } from '../keys/key-specs.ts'
import { curveOfParameters } from './curve-parameters.ts'
import type { CurveName, NamedCurve } from './curves.ts'
import {
  contentOf,
  derTag,
  dotted,
  type Element,
  elements,
  firstElement,
  numberOf,
  parts,
  unsigned,
  wholeBits,
} from './der.ts'
import { type FormFault, formFault } from './private-key-faults.ts'
import { algorithmIds, otherAlgorithms, rsaPssId } from './private-key-ids.ts'
import type { RsaNumbers } from './rsa-numbers.ts'
import { secretBytes } from './secret-bytes.ts'
import { Wiped } from './wiped.ts'

/** Longest private key accepted: RSA_4096 takes 2.4 KB, ML_DSA_87 with everything 7.6 KB. */
export const privateKeyLimit = 16_384

/** An HSM pads the last block of what it wraps; no block has more than 16 bytes. */
const mostPadding = 15
const seedBytes = 32
/** More elements than any of these structures has. */
const mostElements = 12

export type KeyForm = 'pkcs8' | 'pkcs1' | 'sec1'

/**
 * Public keys in the input are checked here if that takes no curve arithmetic; the caller compares
 * the others with the right one.
 */
export type PrivateKeyParts =
  | { readonly kind: 'rsa'; readonly form: KeyForm; readonly numbers: RsaNumbers }
  | {
      readonly kind: 'ec'
      readonly form: KeyForm
      readonly curve: CurveName
      /** As long as numbers of this curve are, in its own memory, which the caller wipes. */
      readonly scalar: Uint8Array
      /** For `isPoint`. */
      readonly points: readonly Uint8Array[]
    }
  | {
      readonly kind: 'ed'
      readonly form: 'pkcs8'
      readonly seed: Uint8Array
      readonly publicKeys: readonly Uint8Array[]
    }
  | {
      readonly kind: 'ml-dsa'
      readonly form: 'pkcs8'
      readonly name: MlDsaSpec['openSsl']
      readonly seed: Uint8Array
      readonly expanded: Uint8Array | undefined
      readonly publicKeys: readonly Uint8Array[]
    }
  /**
   * A key of a kind or on a curve that no spec has: its name, and a description with its article.
   */
  | {
      readonly kind: 'other'
      readonly form: KeyForm
      readonly name: string
      readonly called: string
    }

/**
 * @param bytes the result holds views of it; it is left unchanged.
 * @returns a fault for what is recognised and rejected, and undefined for what is not a private key
 * in any of these forms.
 */
export function readPrivateKeyForm(bytes: Uint8Array): PrivateKeyParts | FormFault | undefined {
  if (bytes.length > privateKeyLimit) return formFault('long', { n: privateKeyLimit })
  if (isPem(bytes)) return formFault('pem')
  const outer = firstElement(bytes)
  const inside = parts(outer, mostElements)
  if (outer === undefined || inside === undefined) return undefined
  const found = readParts(inside)
  if (found === undefined || found.kind === 'fault') return found
  using scalar = Wiped.of(found.kind === 'ec' ? found.scalar : undefined)
  const fault = paddingFault(bytes.subarray(outer.whole.length))
  if (fault !== undefined) return fault
  scalar.release()
  return found
}

/** @returns a part of `bytes`, or all of them if what follows the first element is not padding. */
export function withoutPadding(bytes: Uint8Array): Uint8Array {
  const outer = firstElement(bytes)
  return outer !== undefined && paddingFault(bytes.subarray(outer.whole.length)) === undefined
    ? outer.whole
    : bytes
}

function isPem(bytes: Uint8Array): boolean {
  return [...'-----BEGIN '].every((character, at) => bytes[at] === character.charCodeAt(0))
}

/**
 * Whether a point from the input is this one, which is uncompressed. SEC 1, section 2.3.3:
 * compressed or not.
 */
export function isPoint(given: Uint8Array, point: Uint8Array): boolean {
  const sizeBytes = (point.length - 1) / 2
  const isSame = (one: Uint8Array, other: Uint8Array): boolean => one.toHex() === other.toHex()
  if (given.length === point.length) return isSame(given, point)
  const sign = 2 + ((point.at(-1) ?? 0) & 1)
  return (
    given.length === 1 + sizeBytes &&
    given[0] === sign &&
    isSame(given.subarray(1), point.subarray(1, 1 + sizeBytes))
  )
}

function paddingFault(after: Uint8Array): FormFault | undefined {
  if (after.some((byte) => byte !== 0)) return formFault('bytes-after', { n: after.length })
  return after.length > mostPadding
    ? formFault('zeros-after', { n: after.length, most: mostPadding })
    : undefined
}

/** Identifies the form by its first two or three elements. */
function readParts(inside: readonly Element[]): PrivateKeyParts | FormFault | undefined {
  const [first, second, third] = inside
  if (first?.tag === derTag.sequence)
    return inside.length === 2 ? strangerFault(first, second) : undefined
  const version = numberOf(first)
  if (version === undefined) return undefined
  if (second?.tag === derTag.integer) return rsaOf(inside, 'pkcs1')
  if (second?.tag === derTag.octets) return ecOf(inside, undefined, 'sec1', [])
  if (second?.tag !== derTag.sequence || third?.tag !== derTag.octets) return undefined
  if (version > 1n) return formFault('version', { version: String(version) })
  return pkcs8Of(second, third.content, inside.slice(3))
}

function strangerFault(first: Element, second: Element | undefined): FormFault | undefined {
  if (parts(first, 2)?.[0]?.tag !== derTag.oid) return undefined
  if (second?.tag === derTag.octets) return formFault('encrypted')
  return second?.tag === derTag.bits ? formFault('public-key') : undefined
}

/**
 * @param rest of OneAsymmetricKey: attributes, which say nothing about the key and are ignored, and
 * a public key.
 */
function pkcs8Of(
  algorithm: Element,
  inner: Uint8Array,
  rest: readonly Element[],
): PrivateKeyParts | FormFault | undefined {
  const [id, parameters, ...more] = parts(algorithm, mostElements) ?? []
  const identifier = contentOf(id, derTag.oid)
  if (identifier === undefined || more.length > 0) return undefined
  const outside = publicKeysOf(rest)
  if (outside === undefined) return formFault('something-after')
  const isBare = parameters === undefined
  const known = algorithmIds[identifier.toHex()]
  switch (known?.kind) {
    case 'rsa':
      if (!isBare && parameters.tag !== derTag.nothing)
        return formFault('parameters', { kind: 'RSA' })
      return rsaIn(inner, outside)
    case 'ec':
      return ecIn(inner, parameters, outside)
    case 'ed':
      return isBare ? edIn(inner, outside) : formFault('parameters', { kind: 'Ed25519' })
    case 'ml-dsa':
      return isBare
        ? mlDsaIn(known.name, inner, outside)
        : formFault('parameters', { kind: 'ML-DSA' })
    default:
      return otherOf(identifier)
  }
}

function otherOf(identifier: Uint8Array): PrivateKeyParts | FormFault {
  const id = identifier.toHex()
  if (id === rsaPssId) return formFault('rsa-pss')
  const name = otherAlgorithms[id]
  return name === undefined
    ? {
        kind: 'other',
        form: 'pkcs8',
        name: dotted(identifier),
        called: `a key of the algorithm ${dotted(identifier)}`,
      }
    : { kind: 'other', form: 'pkcs8', name, called: `a key of ${name}` }
}

/**
 * Public keys after the private one: [1] as in RFC 5958, and around a BIT STRING as some programs
 * write it. Undefined for anything else.
 */
function publicKeysOf(rest: readonly Element[]): readonly Uint8Array[] | undefined {
  const [first, ...others] = rest
  const after = first?.tag === 0xa0 ? others : rest
  const [given, ...more] = after
  if (given === undefined) return []
  const key =
    given.tag === 0x81
      ? wholeBits(given.content)
      : given.tag === 0xa1
        ? wholeBits(contentOf(only(given.content), derTag.bits))
        : undefined
  return key === undefined || more.length > 0 ? undefined : [key]
}

/** The element that fills the bytes. */
function only(bytes: Uint8Array): Element | undefined {
  return elements(bytes, 1)?.[0]
}

function rsaIn(inner: Uint8Array, outside: readonly Uint8Array[]): PrivateKeyParts | FormFault {
  const inside = parts(only(inner), mostElements)
  const found = inside && rsaOf(inside, 'pkcs8')
  if (found === undefined) return formFault('rsa-form')
  if (found.kind !== 'rsa') return found
  const { n, e } = found.numbers
  const isOwn = outside.every((one) => {
    const [modulus, exponent, ...more] = parts(only(one), 2)?.map(numberOf) ?? []
    return modulus === n && exponent === e && more.length === 0
  })
  return isOwn ? found : formFault('other-public-key')
}

function rsaOf(
  [version, ...rest]: readonly Element[],
  form: KeyForm,
): PrivateKeyParts | FormFault | undefined {
  if (numberOf(version) === 1n) return formFault('many-primes')
  if (
    numberOf(version) !== 0n ||
    rest.length !== 8 ||
    rest.some(({ tag }) => tag !== derTag.integer)
  )
    return undefined
  const [n, e, d, p, q, dp, dq, qi] = rest.map(numberOf)
  if ([n, e, d, p, q, dp, dq, qi].includes(undefined)) return formFault('number-form')
  return { kind: 'rsa', form, numbers: { n, e, d, p, q, dp, dq, qi } as RsaNumbers }
}

function ecIn(
  inner: Uint8Array,
  parameters: Element | undefined,
  outside: readonly Uint8Array[],
): PrivateKeyParts | FormFault {
  const inside = parts(only(inner), mostElements)
  return (inside && ecOf(inside, parameters, 'pkcs8', outside)) ?? formFault('ec-form')
}

/**
 * @param outer the curve from PKCS#8; the inner key may repeat it, and in SEC 1 only the inner key
 * names it.
 */
function ecOf(
  [version, octets, ...rest]: readonly Element[],
  outer: Element | undefined,
  form: KeyForm,
  outside: readonly Uint8Array[],
): PrivateKeyParts | FormFault | undefined {
  const given = contentOf(octets, derTag.octets)
  if (numberOf(version) !== 1n || given === undefined) return undefined
  const repeated = rest[0]?.tag === 0xa0 ? only(rest[0].content) : undefined
  const [point, ...more] = rest[0]?.tag === 0xa0 ? rest.slice(1) : rest
  const inside =
    point?.tag === 0xa1 ? wholeBits(contentOf(only(point.content), derTag.bits)) : undefined
  if ((point !== undefined && inside === undefined) || more.length > 0) return undefined
  const curve = oneCurve(outer, repeated)
  if ('fault' in curve) return curve
  if ('called' in curve)
    return {
      kind: 'other',
      form,
      name: `EC ${curve.called}`,
      called: `an EC key on ${curve.called}`,
    }
  const scalar = scalarOf(given, curve)
  if (scalar === undefined) return formFault('private-number')
  return {
    kind: 'ec',
    form,
    curve: curve.name,
    scalar,
    points: inside === undefined ? outside : [inside, ...outside],
  }
}

function oneCurve(
  outer: Element | undefined,
  repeated: Element | undefined,
): NamedCurve | FormFault | { called: string } {
  const outside = outer && curveOfParameters(outer)
  const inside = repeated && curveOfParameters(repeated)
  const found = outside ?? inside
  if (found === undefined) return formFault('no-curve')
  if (
    inside !== undefined &&
    outside !== undefined &&
    !isSameCurve(outer, outside, repeated, inside)
  )
    return formFault('two-curves')
  return found
}

type Curve = ReturnType<typeof curveOfParameters>

/** One of them may be named and the other spelt out. */
function isSameCurve(
  outer: Element | undefined,
  outside: Curve,
  repeated: Element | undefined,
  inside: Curve,
): boolean {
  if ('numbers' in outside && 'numbers' in inside) return outside.name === inside.name
  return outer?.whole.toHex() === repeated?.whole.toHex()
}

/** Some programs omit leading zeros, and some add one. */
function scalarOf(given: Uint8Array, { sizeBytes, numbers }: NamedCurve): Uint8Array | undefined {
  const start = Math.max(0, given.length - sizeBytes)
  if (given.subarray(0, start).some((byte) => byte !== 0)) return undefined
  using scalar = Wiped.of(secretBytes(sizeBytes))
  scalar.bytes.set(given.subarray(start), sizeBytes - (given.length - start))
  const number = unsigned(scalar.bytes)
  return number > 0n && number < numbers.n ? scalar.release() : undefined
}

/** RFC 8410. */
function edIn(inner: Uint8Array, publicKeys: readonly Uint8Array[]): PrivateKeyParts | FormFault {
  const seed = contentOf(only(inner), derTag.octets)
  if (seed?.length !== seedBytes) return formFault('ed-form', { n: seedBytes })
  return { kind: 'ed', form: 'pkcs8', seed, publicKeys }
}

/** RFC 9881: the seed under [0], or a SEQUENCE of the seed and the expanded key. */
function mlDsaIn(
  name: MlDsaSpec['openSsl'],
  inner: Uint8Array,
  publicKeys: readonly Uint8Array[],
): PrivateKeyParts | FormFault {
  const element = only(inner)
  if (element?.tag === derTag.octets && element.content.length > seedBytes)
    return formFault('no-seed')
  const both = parts(element, 2)?.map((one) => contentOf(one, derTag.octets))
  const [seed, expanded] = both ?? [contentOf(element, 0x80)]
  if (seed?.length !== seedBytes || (both !== undefined && expanded === undefined))
    return formFault('ml-dsa-form', { n: seedBytes })
  return { kind: 'ml-dsa', form: 'pkcs8', name, seed, expanded, publicKeys }
}
