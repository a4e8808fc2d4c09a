/** A private key out of any of its usual encodings, in the one that Holdfast keeps, with what is known about it. */
import { type ECDSA, ecdsa, weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { RsaNumbers } from '../../../src/domain/rsa-numbers.ts'
import { bitLength } from '../../../src/domain/rsa-numbers.ts'
import { sm2Curve } from '../../../src/domain/sm2.ts'
import {
  bigInteger,
  bits,
  children,
  isInteger,
  isTagged,
  type Node,
  octets,
  oidOf,
  oids,
  parse,
  pkcs8OfEc,
  pkcs8OfRsa,
  smallInteger,
  spkiOfEc,
  spkiOfRsa,
} from './der.ts'
import { isSeedKind, seedKey, seedKeySigns } from './seed-keys.ts'

export type PrivateKey = {
  readonly form: 'pkcs8' | 'pkcs1' | 'sec1'
  /** Name of its spec, or what else it is. */
  readonly found: string
  /** In memory of its own; undefined for a kind that no spec has. */
  readonly pkcs8: Uint8Array | undefined
  readonly spki: Uint8Array | undefined
  readonly numbers:
    | { readonly kind: 'rsa'; readonly rsa: RsaNumbers }
    | { readonly kind: 'ec'; readonly point: EcPoint }
    | { readonly kind: 'seed' }
    | undefined
}

/** What is wrong with the public point, if anything: off its curve, or not of this private number. */
export type EcPoint = 'right' | 'other' | 'off-curve' | 'no-scalar'

/** That a key works on its curve is tried with ECDSA, here too. */
const sm2 = ecdsa(weierstrass<bigint>(sm2Curve), sha256)

const curves = {
  [oids.prime256v1]: { spec: 'EC_P256', curve: p256, sizeBytes: 32, webCrypto: 'P-256' },
  [oids.secp384r1]: { spec: 'EC_P384', curve: p384, sizeBytes: 48, webCrypto: 'P-384' },
  [oids.secp521r1]: { spec: 'EC_P521', curve: p521, sizeBytes: 66, webCrypto: 'P-521' },
  [oids.secp256k1]: { spec: 'SECP256K1', curve: secp256k1, sizeBytes: 32, webCrypto: undefined },
  [oids.sm2]: { spec: 'SM2', curve: sm2, sizeBytes: 32, webCrypto: undefined },
} as const

/** Names of kinds that are read and are no spec here: algorithms, and curves. */
const otherNames: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.10': 'RSA-PSS',
  '1.2.840.113549.1.3.1': 'DH',
  '1.2.840.10040.4.1': 'DSA',
  '1.2.840.10045.3.1.1': 'EC prime192v1',
  '1.3.132.0.33': 'EC secp224r1',
  '1.3.36.3.3.2.8.1.1.7': 'EC brainpoolP256r1',
  '1.3.36.3.3.2.8.1.1.11': 'EC brainpoolP384r1',
  '1.3.36.3.3.2.8.1.1.13': 'EC brainpoolP512r1',
  '1.3.101.110': 'X25519',
  '1.3.101.113': 'Ed448',
  '1.3.101.111': 'X448',
}

/** @returns undefined for DER that is no private key. */
export function readPrivateKey(der: Uint8Array): PrivateKey | undefined {
  const node = parse(der)
  if (node === undefined) return undefined
  const parts = children(node)
  const version = smallInteger(parts[0])
  if (version === 0 && parts.length === 9 && parts.every(isInteger)) return rsaKey(parts, 'pkcs1')
  if (version === 1 && octets(parts[1]) !== undefined && parts.length >= 2) return sec1Key(parts, undefined, 'sec1')
  const inner = octets(parts[2])
  if ((version !== 0 && version !== 1) || inner === undefined) return undefined
  const [algorithm, parameters] = children(parts[1])
  const name = oidOf(algorithm)
  if (name === oids.rsaEncryption) {
    const numbers = children(parse(inner))
    const isTwoPrime = smallInteger(numbers[0]) === 0 && numbers.length === 9 && numbers.every(isInteger)
    return isTwoPrime ? rsaKey(numbers, 'pkcs8') : undefined
  }
  if (name === oids.ecPublicKey) return sec1Key(children(parse(inner)), oidOf(parameters), 'pkcs8')
  if (name !== undefined && isSeedKind(name)) return seedKey(name, inner, parts)
  return name === undefined ? undefined : unknownKey(otherNames[name] ?? name, 'pkcs8')
}

function unknownKey(found: string, form: PrivateKey['form']): PrivateKey {
  return { form, found, pkcs8: undefined, spki: undefined, numbers: undefined }
}

function rsaKey(parts: readonly Node[], form: PrivateKey['form']): PrivateKey | undefined {
  const values = parts.slice(1).map(bigInteger)
  if (values.includes(undefined)) return undefined
  const [n, e, d, p, q, dp, dq, qi] = values as bigint[]
  const rsa = { n, e, d, p, q, dp, dq, qi } as RsaNumbers
  return {
    form,
    found: `RSA_${bitLength(rsa.n)}`,
    pkcs8: pkcs8OfRsa(values as bigint[]),
    spki: spkiOfRsa(rsa.n, rsa.e),
    numbers: { kind: 'rsa', rsa },
  }
}

/** RFC 5915. The curve stands outside (PKCS#8) or inside (SEC1), the public point may be left out. */
function sec1Key(parts: readonly Node[], outer: string | undefined, form: PrivateKey['form']): PrivateKey | undefined {
  const scalar = octets(parts[1])
  const inner = oidOf(children(parts.find((part) => isTagged(part, 0)))[0])
  const curveId = outer ?? inner
  if (scalar === undefined || smallInteger(parts[0]) !== 1) return undefined
  if (inner !== undefined && inner !== curveId) return undefined
  const row = Object.hasOwn(curves, curveId ?? '') ? curves[curveId as keyof typeof curves] : undefined
  if (row === undefined) return unknownKey(otherNames[curveId ?? ''] ?? `EC ${curveId ?? ''}`.trim(), form)
  const given = parts.find((part) => isTagged(part, 1))
  // Some writers leave out leading zeros.
  const padded = new Uint8Array(row.sizeBytes)
  if (scalar.length > row.sizeBytes) return unknownPoint(row.spec, form, 'no-scalar')
  padded.set(scalar, row.sizeBytes - scalar.length)
  const point = publicPoint(row.curve, padded)
  if (point === undefined) {
    padded.fill(0)
    return unknownPoint(row.spec, form, 'no-scalar')
  }
  const pkcs8 = pkcs8OfEc(curveId as string, padded, point)
  padded.fill(0)
  return {
    form,
    found: row.spec,
    pkcs8,
    spki: spkiOfEc(curveId as string, point),
    numbers: { kind: 'ec', point: given === undefined ? 'right' : judge(row.curve, bits(children(given)[0]), point) },
  }
}

function unknownPoint(found: string, form: PrivateKey['form'], point: EcPoint): PrivateKey {
  return { form, found, pkcs8: undefined, spki: undefined, numbers: { kind: 'ec', point } }
}

type Curve = ECDSA

function publicPoint(curve: Curve, scalar: Uint8Array): Uint8Array | undefined {
  try {
    return curve.getPublicKey(scalar, false)
  } catch {
    return undefined
  }
}

function judge(curve: Curve, given: Uint8Array | undefined, right: Uint8Array): EcPoint {
  if (given === undefined) return 'off-curve'
  try {
    const point = curve.Point.fromBytes(given)
    point.assertValidity()
    return point.toHex(false) === right.toHex() ? 'right' : 'other'
  } catch {
    return 'off-curve'
  }
}

/** A new private key on a curve that WebCrypto does not know, in PKCS#8. */
export function makeOnCurve(spec: string): Uint8Array {
  const [id, { curve }] = rowOf(spec) as NonNullable<ReturnType<typeof rowOf>>
  const scalar = curve.utils.randomSecretKey()
  try {
    return pkcs8OfEc(id, scalar, curve.getPublicKey(scalar, false))
  } finally {
    scalar.fill(0)
  }
}

function rowOf(spec: string) {
  return Object.entries(curves).find(([, row]) => row.spec === spec)
}

/** Signs and verifies, with WebCrypto where it knows the kind: numbers that fit may still be no working key. */
export async function signsAndVerifies(spec: string, pkcs8: Uint8Array, spki: Uint8Array): Promise<boolean> {
  const message = crypto.getRandomValues(new Uint8Array(32))
  const row = rowOf(spec)?.[1]
  try {
    const seedSigns = seedKeySigns(spec, pkcs8, message)
    if (seedSigns !== undefined) return seedSigns
    if (row !== undefined && row.webCrypto === undefined) return signsOnCurve(row.curve, pkcs8, spki, message)
    const algorithm =
      row === undefined
        ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
        : { name: 'ECDSA', namedCurve: row.webCrypto, hash: 'SHA-256' }
    const secret = await crypto.subtle.importKey('pkcs8', pkcs8 as Uint8Array<ArrayBuffer>, algorithm, false, ['sign'])
    const open = await crypto.subtle.importKey('spki', spki as Uint8Array<ArrayBuffer>, algorithm, true, ['verify'])
    return await crypto.subtle.verify(algorithm, open, await crypto.subtle.sign(algorithm, secret, message), message)
  } catch {
    return false
  }
}

function signsOnCurve(curve: Curve, pkcs8: Uint8Array, spki: Uint8Array, message: Uint8Array): boolean {
  const inner = octets(children(parse(pkcs8))[2])
  const scalar = inner && octets(children(parse(inner))[1])
  const point = bits(children(parse(spki))[1])
  return scalar !== undefined && point !== undefined && curve.verify(curve.sign(message, scalar), message, point)
}
