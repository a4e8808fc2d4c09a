/**
 * MACs of HMAC keys: RFC 2104 with the digests of FIPS 180-4 and GB/T 32905 (SM3). They are never
 * truncated.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type MacAlgorithmName, macAlgorithms } from '../domain/algorithms.ts'

/**
 * @param key borrowed bytes of a `Secret`, left unchanged. @returns a MAC as long as the digest.
 */
export function macOf(key: Uint8Array, name: MacAlgorithmName, message: Uint8Array): Uint8Array {
  return createHmac(macAlgorithms[name].digest, key).update(message).digest()
}

/**
 * Whether `mac` is the full MAC of the message, compared in constant time. Its length is not
 * secret.
 */
export function isMacOf(
  key: Uint8Array,
  name: MacAlgorithmName,
  message: Uint8Array,
  mac: Uint8Array,
): boolean {
  return (
    mac.length === macAlgorithms[name].macBytes && timingSafeEqual(macOf(key, name, message), mac)
  )
}
