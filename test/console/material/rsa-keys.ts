/** RSA private keys built from chosen numbers, good and bad. */
import { checkPrimeSync, generatePrimeSync } from 'node:crypto'
import type { RsaNumbers } from '../../../src/domain/material/rsa-numbers.ts'
import { integer, none, oid, pkcs8, sequence } from '../../crypto/der.ts'

export const usualExponent = 65_537n
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b))

export function inverse(a: bigint, modulus: bigint): bigint {
  let [r, s, x, y] = [a % modulus, modulus, 1n, 0n]
  while (s !== 0n) {
    const k = r / s
    ;[r, s, x, y] = [s, r - k * s, y, x - k * y]
  }
  return ((x % modulus) + modulus) % modulus
}

/** A prime whose top two bits are set and where 65537 does not divide p - 1. */
export function rsaPrime(size: number): bigint {
  for (;;) {
    const prime = generatePrimeSync(size, { bigint: true })
    if (prime >> BigInt(size - 2) === 3n && gcd(prime - 1n, usualExponent) === 1n) return prime
  }
}

export function nextPrime(from: bigint): bigint {
  for (let prime = from + 2n; ; prime += 2n)
    if (checkPrimeSync(prime) && gcd(prime - 1n, usualExponent) === 1n) return prime
}

/**
 * A prime of the generator of CVE-2017-15361: k M + (65537^a mod M), M the product of the first 126
 * primes.
 */
export function rocaPrime(): bigint {
  const primes = [2n]
  for (let n = 3n; primes.length < 126; n += 2n)
    if (primes.every((one) => n % one !== 0n)) primes.push(n)
  const product = primes.reduce((a, b) => a * b, 1n)
  let power = 1n
  for (let a = Math.floor(Math.random() * 1000); a >= 0; a--)
    power = (power * usualExponent) % product
  for (;;) {
    const k = (3n << 1022n) / product + BigInt(Math.floor(Math.random() * 2 ** 48))
    const prime = k * product + power
    if (checkPrimeSync(prime) && gcd(prime - 1n, usualExponent) === 1n) return prime
  }
}

export function numbersOf(p: bigint, q: bigint, e = usualExponent): RsaNumbers {
  const d = inverse(e, ((p - 1n) * (q - 1n)) / gcd(p - 1n, q - 1n))
  return { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
}

export function pkcs1Of({ n, e, d, p, q, dp, dq, qi }: RsaNumbers): Buffer {
  return sequence(integer(0n), ...[n, e, d, p, q, dp, dq, qi].map(integer))
}

export function pkcs8Of(numbers: RsaNumbers): Buffer {
  return pkcs8([oid('2a864886f70d010101'), none], pkcs1Of(numbers))
}
