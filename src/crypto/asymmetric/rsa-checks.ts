/**
 * What is wrong with an RSA private key: its numbers (domain/material/rsa-numbers.ts), and whether
 * its primes are prime.
 */
import { checkPrimeSync } from 'node:crypto'
import { type RsaNumbers, rsaNumbersFault } from '../../domain/material/rsa-numbers.ts'

/**
 * Miller-Rabin rounds for each prime: a number chosen to look prime passes with probability 2^-128.
 */
const primeRounds = 64

/** The fault in words for the owner of the key; undefined when nothing is wrong. */
export function rsaFault(key: RsaNumbers, modulusBits: number): string | undefined {
  const fault = rsaNumbersFault(key, modulusBits)
  if (fault !== undefined) return fault.reason
  if (!isProbablePrime(key.p) || !isProbablePrime(key.q)) return 'one of its primes is not prime'
  return undefined
}

/** Whether a number is a probable prime, even if an attacker chose it. */
export function isProbablePrime(value: bigint): boolean {
  return checkPrimeSync(value, { checks: primeRounds })
}
