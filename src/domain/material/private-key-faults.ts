/** Why a private key is not taken, in the words of the server and of the owner's side alike. */

/** Clauses that begin with the key, as "it" or "its"; what is in braces are the values. */
export const privateKeyFaults = {
  long: 'it is longer than {n} bytes',
  pem: 'it is PEM, which is text; wrap the DER that is in it',
  encrypted: 'it is encrypted with a password (PKCS#8); decrypt it before it is wrapped',
  'public-key': 'it is a public key',
  version: 'its version is {version}; PKCS#8 has 0 and 1',
  'bytes-after': '{n} bytes follow it that are not padding of zeros',
  'zeros-after': '{n} zero bytes follow it; padding has at most {most}',
  'something-after':
    'something other than attributes and a public key follows its private key (RFC 5958)',
  'other-public-key': 'its public key does not belong to its private key',
  parameters: 'its algorithm has parameters, which {kind} keys have not',
  'rsa-pss':
    'it is an RSA-PSS key, which its own file binds to PSS; only keys of plain RSA (rsaEncryption) are taken',
  'rsa-form': 'its private key is not the DER of an RSA key (RFC 8017)',
  'many-primes': 'it is an RSA key of more than two primes',
  'number-form': 'one of its numbers is negative or not in its one form in DER',
  'ec-form': 'its private key is not the DER of an EC key (RFC 5915)',
  'private-number': 'its private number is not between 0 and the order of the curve',
  'no-curve': 'it does not say its curve',
  'two-curves': 'the curve inside its private key is not the curve outside',
  'curve-form': 'its curve is neither named nor spelt out over a prime field',
  'curve-differs': 'its curve is spelt out and differs from {curve} in: {symbols}',
  'curve-unknown': 'its curve is spelt out, and no spec has it',
  'ed-form': 'its private key is not a seed of {n} bytes (RFC 8410)',
  'ml-dsa-form':
    'its private key is neither a seed of {n} bytes nor that and an expanded key (RFC 9881)',
  'no-seed': 'it holds no seed: an expanded key alone is not taken',
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
