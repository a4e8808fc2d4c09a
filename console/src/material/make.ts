/** Material made in the browser: its random source, and its own cryptography for private keys. */
import { isAsymmetric, type KeySpec } from '../../../src/domain/key-specs.ts'

const curveNames = { prime256v1: 'P-256', secp384r1: 'P-384' } as const
const publicExponent = Uint8Array.of(1, 0, 1)

/** @returns the bytes of a secret, or PKCS#8 in DER, in memory that the caller wipes. */
export async function makeMaterial(spec: KeySpec): Promise<Uint8Array> {
  if (!isAsymmetric(spec)) return crypto.getRandomValues(new Uint8Array(spec.materialBytes))
  const algorithm =
    spec.kind === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', modulusLength: spec.modulusBits, publicExponent, hash: 'SHA-256' }
      : { name: 'ECDSA', namedCurve: curveNames[spec.curve] }
  const { privateKey } = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as {
    readonly privateKey: CryptoKey
  }
  return new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey))
}
