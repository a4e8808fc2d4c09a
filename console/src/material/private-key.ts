/** A private key out of any of its usual encodings, in the one that Holdfast keeps, with what is known about it. */
import { p256, p384 } from '@noble/curves/nist.js'
import type { RsaNumbers } from '../../../src/domain/rsa-numbers.ts'
import { bitLength } from '../../../src/domain/rsa-numbers.ts'
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
    | undefined
}

/** What is wrong with the public point, if anything: off its curve, or not of this private number. */
export type EcPoint = 'right' | 'other' | 'off-curve' | 'no-scalar'

const curves = {
  [oids.prime256v1]: { spec: 'EC_P256', curve: p256, sizeBytes: 32 },
  [oids.secp384r1]: { spec: 'EC_P384', curve: p384, sizeBytes: 48 },
} as const

/** Names of kinds that are read and are no spec here: algorithms, and curves. */
const otherNames: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.10': 'RSA-PSS',
  '1.2.840.113549.1.3.1': 'DH',
  '1.2.840.10040.4.1': 'DSA',
  '1.2.840.10045.3.1.1': 'EC prime192v1',
  '1.3.132.0.33': 'EC secp224r1',
  '1.3.132.0.35': 'EC secp521r1',
  '1.3.132.0.10': 'EC secp256k1',
  '1.3.36.3.3.2.8.1.1.7': 'EC brainpoolP256r1',
  '1.3.36.3.3.2.8.1.1.11': 'EC brainpoolP384r1',
  '1.3.36.3.3.2.8.1.1.13': 'EC brainpoolP512r1',
  '1.2.156.10197.1.301': 'SM2',
  '1.3.101.112': 'Ed25519',
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

type Curve = typeof p256 | typeof p384

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

/** Signs and verifies with WebCrypto: numbers that fit may still be no working key. */
export async function signsAndVerifies(spec: string, pkcs8: Uint8Array, spki: Uint8Array): Promise<boolean> {
  const names: Readonly<Record<string, string>> = { EC_P256: 'P-256', EC_P384: 'P-384' }
  const namedCurve = names[spec]
  const algorithm =
    namedCurve === undefined ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : { name: 'ECDSA', namedCurve, hash: 'SHA-256' }
  const message = crypto.getRandomValues(new Uint8Array(32))
  try {
    const secret = await crypto.subtle.importKey('pkcs8', pkcs8 as Uint8Array<ArrayBuffer>, algorithm, false, ['sign'])
    const open = await crypto.subtle.importKey('spki', spki as Uint8Array<ArrayBuffer>, algorithm, true, ['verify'])
    return await crypto.subtle.verify(algorithm, open, await crypto.subtle.sign(algorithm, secret, message), message)
  } catch {
    return false
  }
}
