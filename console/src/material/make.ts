/** Material made in the browser: its random source, and its own cryptography for private keys. */

import { makeOnCurve } from '../../../src/custody/material/private-key.ts'
import { makeSeedKey } from '../../../src/custody/material/seed-keys.ts'
import { isAsymmetric, type KeySpec } from '../../../src/domain/keys/key-specs.ts'

/** Curves that WebCrypto knows. */
const curveNames = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const
const publicExponent = Uint8Array.of(1, 0, 1)

/** @returns the bytes of a secret, or PKCS#8 in DER, in memory that the caller wipes. */
export async function makeMaterial(spec: KeySpec): Promise<Uint8Array> {
  if (!isAsymmetric(spec)) return crypto.getRandomValues(new Uint8Array(spec.materialBytes))
  if (spec.kind === 'rsa')
    return madeByWebCrypto({
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: spec.modulusBits,
      publicExponent,
      hash: 'SHA-256',
    })
  if (spec.kind !== 'ec') return makeSeedKey(spec.name) as Uint8Array
  if (!Object.hasOwn(curveNames, spec.curve)) return makeOnCurve(spec.curve)
  return madeByWebCrypto({
    name: 'ECDSA',
    namedCurve: curveNames[spec.curve as keyof typeof curveNames],
  })
}

type Algorithm =
  | {
      readonly name: string
      readonly modulusLength: number
      readonly publicExponent: Uint8Array<ArrayBuffer>
      readonly hash: string
    }
  | { readonly name: string; readonly namedCurve: string }

async function madeByWebCrypto(algorithm: Algorithm): Promise<Uint8Array> {
  const { privateKey } = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as {
    readonly privateKey: CryptoKey
  }
  return new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey))
}
