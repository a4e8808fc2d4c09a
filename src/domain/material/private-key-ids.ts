/**
 * What the algorithm identifiers of private keys mean: object identifiers in hex, without tag and
 * length.
 */
import type { EdSpec, MlDsaSpec } from '../keys/key-specs.ts'

/** Kinds of private keys that consist of a seed, from which everything else is derived. */
export type SeedKind = EdSpec['openSsl'] | MlDsaName
export type MlDsaName = MlDsaSpec['openSsl']

type Algorithm =
  | { readonly kind: 'rsa' | 'ec' | 'ed' }
  | { readonly kind: 'ml-dsa'; readonly name: MlDsaName }

/** Of the kinds that have a spec: RFC 8017, RFC 5480, RFC 8410, RFC 9881. */
export const idOf = {
  rsa: '2a864886f70d010101',
  ec: '2a8648ce3d0201',
  ed25519: '2b6570',
  'ml-dsa-44': '608648016503040311',
  'ml-dsa-65': '608648016503040312',
  'ml-dsa-87': '608648016503040313',
} as const

export const algorithmIds: Readonly<Record<string, Algorithm | undefined>> = {
  [idOf.rsa]: { kind: 'rsa' },
  [idOf.ec]: { kind: 'ec' },
  [idOf.ed25519]: { kind: 'ed' },
  [idOf['ml-dsa-44']]: { kind: 'ml-dsa', name: 'ml-dsa-44' },
  [idOf['ml-dsa-65']]: { kind: 'ml-dsa', name: 'ml-dsa-65' },
  [idOf['ml-dsa-87']]: { kind: 'ml-dsa', name: 'ml-dsa-87' },
}

/** RFC 4055. */
export const rsaPssId = '2a864886f70d01010a'

/** Names of kinds that are recognised but have no spec. */
export const otherAlgorithms: Readonly<Record<string, string | undefined>> = {
  '2a864886f70d010301': 'Diffie-Hellman',
  '2a8648ce380401': 'DSA',
  '2b656e': 'X25519',
  '2b656f': 'X448',
  '2b6571': 'Ed448',
  '2b8104010c': 'ECDH alone (id-ecDH)',
}

/** Names of curves that are recognised but have no spec. */
export const otherCurves: Readonly<Record<string, string | undefined>> = {
  '2a8648ce3d030101': 'prime192v1',
  '2b81040021': 'secp224r1',
  '2b2403030208010107': 'brainpoolP256r1',
  '2b240303020801010b': 'brainpoolP384r1',
  '2b240303020801010d': 'brainpoolP512r1',
}
