/**
 * Checks of the numbers of an RSA private key: FIPS 186-5 appendix A.1, ROCA (CVE-2017-15361),
 * Fermat factoring. Whether its primes are prime takes a library and is checked elsewhere.
 */

/** RFC 8017 section 3.2, two primes. */
export type RsaNumbers = Readonly<Record<'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi', bigint>>

/** The checks, in the order in which they run; cheap ones come first. */
export const rsaChecks = ['size', 'exponent', 'numbers', 'close-primes', 'roca'] as const
export type RsaCheck = (typeof rsaChecks)[number]
export type RsaFault = {
  readonly check: RsaCheck
  /** In words for the owner of the key. */
  readonly reason: string
}

const leastExponent = 65_537n
const fermatRounds = 100
/** If the primes are closer than 2^(bits/2 - this), they can be found from the modulus. */
const primeDistanceBits = 100

/** What is wrong, or undefined. */
export function rsaNumbersFault(key: RsaNumbers, modulusBits: number): RsaFault | undefined {
  const { n, e, d, p, q, dp, dq, qi } = key
  const halfBits = modulusBits / 2
  const fault = (check: RsaCheck, reason: string): RsaFault => ({ check, reason })
  if (bitLength(n) !== modulusBits)
    return fault('size', `its modulus has ${bitLength(n)} bits, not ${modulusBits}`)
  if (e % 2n === 0n || e < leastExponent || bitLength(e) > 256)
    return fault('exponent', 'its public exponent is not an odd number from 65537 to 2^256')
  const wrong = (reason: string): RsaFault => fault('numbers', reason)
  if (p === q || p * q !== n) return wrong('its modulus is not the product of its two primes')
  if (bitLength(p) !== halfBits || bitLength(q) !== halfBits)
    return wrong(`its primes do not have ${halfBits} bits each`)
  if (d >= n || bitLength(d) <= halfBits)
    return wrong('its private exponent is too small or larger than the modulus')
  if ((d * e) % (p - 1n) !== 1n || (d * e) % (q - 1n) !== 1n)
    return wrong('its private exponent does not belong to its public exponent')
  if (dp !== d % (p - 1n) || dq !== d % (q - 1n))
    return wrong('its CRT exponents do not belong to its private exponent')
  if (qi >= p || (qi * q) % p !== 1n)
    return wrong('its CRT coefficient does not belong to its primes')
  const distance = p > q ? p - q : q - p
  if (bitLength(distance) <= halfBits - primeDistanceBits)
    return fault('close-primes', 'its primes are too close to each other')
  if (fermatFactors(n))
    return fault('close-primes', 'its modulus can be factored by Fermat’s method')
  if (hasRocaFingerprint(n))
    return fault(
      'roca',
      'its modulus has the fingerprint of the weak generator known as ROCA (CVE-2017-15361)',
    )
  return undefined
}

export function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length
}

/**
 * Whether a few steps of Fermat's method factor `n`: a^2 - n is a square for an `a` just above the
 * square root of n.
 */
function fermatFactors(n: bigint): boolean {
  let a = squareRoot(n)
  if (a * a < n) a++
  for (let round = 0; round < fermatRounds; round++, a++) {
    const rest = a * a - n
    const root = squareRoot(rest)
    if (root * root === rest) return true
  }
  return false
}

/** The largest integer whose square is at most `value`, by Newton's method. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt((bitLength(value) + 1) >> 1)
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/**
 * Primes modulo which the moduli of that generator are powers of 65537, while other numbers rarely
 * are.
 */
const rocaPrimes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157]
const rocaResidues = rocaPrimes.map((prime) => {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power)
  return { prime: BigInt(prime), powers }
})

/** True for every modulus of that generator, for others with a chance of about 2^-27. */
function hasRocaFingerprint(n: bigint): boolean {
  return rocaResidues.every(({ prime, powers }) => powers.has(Number(n % prime)))
}
