/**
 * JSON that holds a key: JWK (RFC 7517, 7518, 8037) and sets of them. Other JSON files of an import
 * are recognised and named.
 */

import { isAsymmetric, type KeySpec } from '../../domain/keys/key-specs.ts'
import { type CurveName, namedCurves } from '../../domain/material/curves.ts'
import { unsigned } from '../../domain/material/der.ts'
import { ecPkcs8, rsaPkcs8 } from '../../domain/material/private-key-encoding.ts'
import type { SeedKind } from '../../domain/material/private-key-ids.ts'
import type { RsaNumbers } from '../../domain/material/rsa-numbers.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { pkcs8OfOwnSeed } from './seed-keys.ts'
import { decodeBase64 } from './text.ts'
import { refused, type Unread } from './verdicts.ts'

export type JwkSeen =
  | { readonly kind: 'material'; readonly form: 'jwk'; readonly material: Uint8Array }
  | { readonly kind: 'private-key'; readonly form: 'jwk'; readonly der: Uint8Array }
  | Unread

type Fields = Readonly<Record<string, unknown>>

const curves: Readonly<Record<string, CurveName>> = {
  'P-256': 'prime256v1',
  'P-384': 'secp384r1',
  'P-521': 'secp521r1',
  secp256k1: 'secp256k1',
}
const rsaFields = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const

/** @returns undefined for text that is not a JSON object, or for an object without a key. */
export function readJson(text: string, spec: KeySpec): JwkSeen | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  const fields = parsed(text)
  if (fields === undefined) return undefined
  if (typeof fields.encrypted_key_material === 'string') return refused('wrapped')
  if (typeof fields.import_token === 'string') return refused('parameters')
  const twice = Array.isArray(fields.keys) || 'kty' in fields ? nameSaidTwice(text) : undefined
  if (twice !== undefined) return refused('jwk-twice', { found: twice })
  const keys: readonly unknown[] = Array.isArray(fields.keys)
    ? fields.keys
    : 'kty' in fields
      ? [fields]
      : []
  const all = keys.filter(isFields).filter((key) => 'kty' in key)
  const found = all.filter(isSecret)
  if (found.length > 1)
    return refused('several', {
      n: found.length,
      found: found.map(({ kty }) => `JWK ${String(kty)}`).join(', '),
    })
  if (found[0] !== undefined) return readKey(found[0], spec)
  return all.length === 0 ? undefined : refused('public-key')
}

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : Array.isArray(value) ? { keys: value } : undefined
  } catch {
    return undefined
  }
}

/**
 * A name that occurs twice in one object of a JSON text: JSON.parse would silently use the last
 * value.
 */
function nameSaidTwice(text: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, string, colon] of text.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    if (string === undefined || colon === undefined) continue
    const name: string = JSON.parse(string)
    if (open.at(-1)?.has(name)) return name
    open.at(-1)?.add(name)
  }
  return undefined
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSecret({ kty, d, priv }: Fields): boolean {
  return kty === 'oct' || typeof d === 'string' || typeof priv === 'string'
}

function readKey(key: Fields, spec: KeySpec): JwkSeen {
  if (key.kty === 'oct') return readSecret(key, spec)
  if (key.kty === 'RSA') return readRsa(key)
  if (key.kty === 'EC') return readEc(key, spec)
  if (key.kty === 'OKP' || key.kty === 'AKP') return readSeed(key, spec)
  return refused('jwk-damaged')
}

/** A curve or an algorithm that no spec has. */
function other(found: string, spec: KeySpec): JwkSeen {
  return isAsymmetric(spec)
    ? refused('other-spec', { found, spec: spec.name })
    : refused('other-kind-found', { found })
}

function readSecret(key: Fields, spec: KeySpec): JwkSeen {
  if (isAsymmetric(spec)) return refused('other-kind-secret', { spec: spec.name })
  const bytes = bytesOf(key.k)
  if (bytes === undefined) return refused('jwk-damaged')
  using material = Wiped.of(bytes)
  const m = material.bytes.length
  return m === spec.materialBytes
    ? { kind: 'material', form: 'jwk', material: material.release() }
    : refused('size', { spec: spec.name, n: spec.materialBytes, m, reading: 'base64' })
}

function readRsa(key: Fields): JwkSeen {
  const missing = rsaFields.filter((name) => typeof key[name] !== 'string')
  if (missing.length > 0) return refused('jwk-incomplete', { found: missing.join(', ') })
  if (key.oth !== undefined) return refused('jwk-primes')
  const numbers = rsaFields.map((name) => [name, numberOf(key[name])] as const)
  if (numbers.some(([, number]) => number === undefined)) return refused('jwk-damaged')
  return {
    kind: 'private-key',
    form: 'jwk',
    der: rsaPkcs8(Object.fromEntries(numbers) as RsaNumbers),
  }
}

function readEc(key: Fields, spec: KeySpec): JwkSeen {
  const name = String(key.crv)
  const curve = Object.hasOwn(curves, name) ? curves[name] : undefined
  if (curve === undefined) return other(`EC ${name}`, spec)
  using scalar = Wiped.of(bytesOf(key.d))
  const [d, x, y] = [scalar.bytes, bytesOf(key.x), bytesOf(key.y)]
  if (d === undefined || x === undefined || y === undefined) return refused('jwk-damaged')
  if ([d, x, y].some(({ length }) => length !== namedCurves[curve].sizeBytes))
    return refused('jwk-damaged')
  const point = Uint8Array.of(4, ...x, ...y)
  return { kind: 'private-key', form: 'jwk', der: ecPkcs8(curve, d, point) }
}

const seedKinds: Readonly<Record<string, SeedKind>> = {
  Ed25519: 'ed25519',
  'ML-DSA-44': 'ml-dsa-44',
  'ML-DSA-65': 'ml-dsa-65',
  'ML-DSA-87': 'ml-dsa-87',
}

function readSeed(key: Fields, spec: KeySpec): JwkSeen {
  const isEdwards = key.kty === 'OKP'
  const name = String(isEdwards ? key.crv : key.alg)
  const kind = Object.hasOwn(seedKinds, name) ? seedKinds[name] : undefined
  if (kind === undefined) return other(name, spec)
  using seed = Wiped.of(bytesOf(isEdwards ? key.d : key.priv))
  const publicKey = bytesOf(isEdwards ? key.x : key.pub)
  const der = seed.bytes && publicKey && pkcs8OfOwnSeed(kind, seed.bytes, publicKey)
  return der === undefined ? refused('jwk-damaged') : { kind: 'private-key', form: 'jwk', der }
}

function bytesOf(field: unknown): Uint8Array | undefined {
  return typeof field === 'string' ? decodeBase64(field) : undefined
}

function numberOf(field: unknown): bigint | undefined {
  using number = Wiped.of(bytesOf(field))
  return number.bytes && unsigned(number.bytes)
}
