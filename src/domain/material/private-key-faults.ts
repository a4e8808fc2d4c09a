/** Why a private key is rejected, in the same words on the server and on the owner's side. */

/** Clauses that refer to the key as "it" or "its"; names in braces are replaced by values. */
export const privateKeyFaults = {
  long: 'it is longer than {n} bytes',
  pem: 'it is PEM, which is text; wrap the DER inside it',
  encrypted: 'it is encrypted with a password (PKCS#8); decrypt it before it is wrapped',
  'public-key': 'it is a public key',
  version: 'its version is {version}; PKCS#8 has 0 and 1',
  'bytes-after': '{n} bytes that are not zero padding follow it',
  'zeros-after': '{n} zero bytes follow it; padding has at most {most}',
  'something-after':
    'something other than attributes and a public key follows its private key (RFC 5958)',
  'other-public-key': 'its public key does not belong to its private key',
  parameters: 'its algorithm has parameters, which {kind} keys do not have',
  'rsa-pss':
    'it is an RSA-PSS key, which its file restricts to PSS; only plain RSA keys (rsaEncryption) are accepted',
  'rsa-form': 'its private key is not the DER of an RSA key (RFC 8017)',
  'many-primes': 'it is an RSA key with more than two primes',
  'number-form': 'one of its numbers is negative or not in canonical DER',
  'ec-form': 'its private key is not the DER of an EC key (RFC 5915)',
  'private-number': 'its private number is not between 0 and the order of the curve',
  'no-curve': 'it does not say its curve',
  'two-curves': 'the curve inside its private key differs from the outer one',
  'curve-form': 'its curve is neither a named curve nor spelt out over a prime field',
  'curve-differs': 'its curve is spelt out and differs from {curve} in: {symbols}',
  'curve-unknown': 'its curve is spelt out and has no spec',
  'ed-form': 'its private key is not a seed of {n} bytes (RFC 8410)',
  'ml-dsa-form':
    'its private key is neither a seed of {n} bytes nor that and an expanded key (RFC 9881)',
  'no-seed': 'it holds no seed: an expanded key alone is not accepted',
  'other-expanded': 'its expanded key does not belong to its seed',
} as const satisfies Readonly<Record<string, string>>

export type PrivateKeyFault = keyof typeof privateKeyFaults

export type FormFault = {
  readonly kind: 'fault'
  readonly fault: PrivateKeyFault
  readonly values: Readonly<Record<string, string | number>>
}

export function formFault(fault: PrivateKeyFault, values: FormFault['values'] = {}): FormFault {
  return { kind: 'fault', fault, values }
}

/** The clause, filled in. */
export function faultReason({ fault, values }: FormFault): string {
  return privateKeyFaults[fault].replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]))
}
