/**
 * Converts a private key from any of its usual encodings to the stored one.
 * domain/material/private-key-form.ts parses it, as it does for the server.
 */
import { type ECDSA, ecdsa, weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { AsymmetricSpec } from '../../domain/keys/key-specs.ts'
import { type CurveName, type NamedCurve, namedCurves } from '../../domain/material/curves.ts'
import { ecPkcs8, rsaPkcs8 } from '../../domain/material/private-key-encoding.ts'
import { type FormFault, formFault } from '../../domain/material/private-key-faults.ts'
import {
  isPoint,
  type KeyForm,
  type PrivateKeyParts,
  readPrivateKeyForm,
} from '../../domain/material/private-key-form.ts'
import { ecSpki, rsaSpki } from '../../domain/material/public-key-encoding.ts'
import { bitLength, type RsaNumbers } from '../../domain/material/rsa-numbers.ts'
import { sm2Curve } from '../../domain/material/sm2.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { bits, children, octets, parse } from './der.ts'
import { seedKey, seedKeySigns } from './seed-keys.ts'
import { refused, type Unread } from './verdicts.ts'

export type PrivateKey = {
  readonly kind: 'key'
  readonly form: KeyForm
  /** Name of its spec, or of RSA with another size. */
  readonly found: string
  /** In its own memory, which the caller wipes. */
  readonly pkcs8: Uint8Array
  readonly spki: Uint8Array
  /** For RSA only; rsaNumbersFault checks them. */
  readonly rsa: RsaNumbers | undefined
}

/** The name of a kind that no spec has. */
type OtherKey = { readonly kind: 'other'; readonly found: string }

/** Used to test that a key works on its curve, with ECDSA as for the other curves. */
const sm2 = ecdsa(weierstrass<bigint>(sm2Curve), sha256)

const curves: Readonly<
  Record<CurveName, { readonly curve: ECDSA; readonly webCrypto: string | undefined }>
> = {
  prime256v1: { curve: p256, webCrypto: 'P-256' },
  secp384r1: { curve: p384, webCrypto: 'P-384' },
  secp521r1: { curve: p521, webCrypto: 'P-521' },
  secp256k1: { curve: secp256k1, webCrypto: undefined },
  SM2: { curve: sm2, webCrypto: undefined },
}

/** @param der left unchanged. @returns undefined for anything that is not a private key. */
export function readPrivateKey(der: Uint8Array): PrivateKey | OtherKey | FormFault | undefined {
  const parts = readPrivateKeyForm(der)
  switch (parts?.kind) {
    case 'rsa':
      return rsaKey(parts)
    case 'ec':
      return ecKey(parts)
    case 'ed':
      return seedKey('ed25519', parts.seed, undefined, parts.publicKeys)
    case 'ml-dsa':
      return seedKey(parts.name, parts.seed, parts.expanded, parts.publicKeys)
    case 'other':
      return { kind: 'other', found: parts.name }
    default:
      return parts
  }
}

/**
 * A private key for a key of this spec, or why it is not one, in the server's words where the
 * server says the same.
 * @param der wiped.
 */
export function privateKeyFor(spec: AsymmetricSpec, der: Uint8Array): PrivateKey | Unread {
  using given = Wiped.of(der)
  const key = readPrivateKey(given.bytes)
  if (key === undefined) return refused('unreadable')
  if (key.kind === 'fault') return refused(`key-${key.fault}`, { spec: spec.name, ...key.values })
  using pkcs8 = Wiped.of(key.kind === 'key' ? key.pkcs8 : undefined)
  if (key.kind !== 'key' || key.found !== spec.name)
    return refused('other-spec', { found: key.found, spec: spec.name })
  pkcs8.release()
  return key
}

/**
 * What a private key is called in messages; undefined for a rejected one.
 * @param der left unchanged.
 */
export function nameOfKey(der: Uint8Array): string | undefined {
  const key = readPrivateKey(der)
  using _pkcs8 = Wiped.of(key?.kind === 'key' ? key.pkcs8 : undefined)
  return key?.kind === 'key' || key?.kind === 'other' ? key.found : undefined
}

function rsaKey({ form, numbers }: PrivateKeyParts & { kind: 'rsa' }): PrivateKey {
  const found = `RSA_${bitLength(numbers.n)}`
  return {
    kind: 'key',
    form,
    found,
    pkcs8: rsaPkcs8(numbers),
    spki: rsaSpki(numbers.n, numbers.e),
    rsa: numbers,
  }
}

/** @param parts its scalar is wiped. */
function ecKey(parts: PrivateKeyParts & { kind: 'ec' }): PrivateKey | FormFault {
  const { form, curve, points } = parts
  using scalar = Wiped.of(parts.scalar)
  const point = curves[curve].curve.getPublicKey(scalar.bytes, false)
  if (!points.every((one) => isPoint(one, point))) return formFault('other-public-key')
  return {
    kind: 'key',
    form,
    found: namedCurves[curve].spec,
    pkcs8: ecPkcs8(curve, scalar.bytes, point),
    spki: ecSpki(curve, point),
    rsa: undefined,
  }
}

/** A new private key on a curve that WebCrypto does not know, in PKCS#8. */
export function makeOnCurve(name: CurveName): Uint8Array {
  const { curve } = curves[name]
  using scalar = Wiped.of(curve.utils.randomSecretKey())
  return ecPkcs8(name, scalar.bytes, curve.getPublicKey(scalar.bytes, false))
}

function curveOfSpec(spec: string): NamedCurve | undefined {
  return Object.values(namedCurves).find((curve) => curve.spec === spec)
}

/**
 * Signs and verifies, with WebCrypto where it supports the kind: consistent numbers may still not
 * be a working key.
 */
export async function signsAndVerifies(
  spec: string,
  pkcs8: Uint8Array,
  spki: Uint8Array,
): Promise<boolean> {
  const message = crypto.getRandomValues(new Uint8Array(32))
  const named = curveOfSpec(spec)
  const row = named && curves[named.name]
  try {
    const seedSigns = seedKeySigns(spec, pkcs8, message)
    if (seedSigns !== undefined) return seedSigns
    if (row !== undefined && row.webCrypto === undefined)
      return signsOnCurve(row.curve, pkcs8, spki, message)
    const algorithm =
      row === undefined
        ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
        : { name: 'ECDSA', namedCurve: row.webCrypto, hash: 'SHA-256' }
    const secret = await crypto.subtle.importKey(
      'pkcs8',
      pkcs8 as Uint8Array<ArrayBuffer>,
      algorithm,
      false,
      ['sign'],
    )
    const open = await crypto.subtle.importKey(
      'spki',
      spki as Uint8Array<ArrayBuffer>,
      algorithm,
      true,
      ['verify'],
    )
    return await crypto.subtle.verify(
      algorithm,
      open,
      await crypto.subtle.sign(algorithm, secret, message),
      message,
    )
  } catch {
    return false
  }
}

function signsOnCurve(
  curve: ECDSA,
  pkcs8: Uint8Array,
  spki: Uint8Array,
  message: Uint8Array,
): boolean {
  const inner = octets(children(parse(pkcs8))[2])
  const scalar = inner && octets(children(parse(inner))[1])
  const point = bits(children(parse(spki))[1])
  return (
    scalar !== undefined &&
    point !== undefined &&
    curve.verify(curve.sign(message, scalar), message, point)
  )
}
