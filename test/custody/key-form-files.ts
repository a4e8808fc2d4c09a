/**
 * Private keys in the forms in which HSMs and programs write them: the owner's side gives the same
 * verdict as the server, in the same words.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import type { AsymmetricSpecName } from '../../src/domain/keys/key-specs.ts'
import { namedCurves } from '../../src/domain/material/curves.ts'
import { bits, explicit, integer, none, octets, oid, pkcs8, sequence } from '../crypto/der.ts'
import {
  attributes,
  explicitKey,
  implicitKey,
  publicBytes,
  spelledOut,
  version1,
  version2,
} from '../crypto/key-forms.ts'
import { newPrivateKey } from '../crypto/new-private-key.ts'
import type { Row } from './row.ts'

const exported = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): Buffer =>
  key.export({ format: 'der', type })
const and = (...all: readonly Uint8Array[]): Buffer => Buffer.concat(all)
const zeros = (count: number): Buffer => Buffer.alloc(count)
const pem = (bytes: Uint8Array): string =>
  `-----BEGIN PRIVATE KEY-----\n${(
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END PRIVATE KEY-----\n`
const rsaId = oid('2a864886f70d010101')
const ecId = oid('2a8648ce3d0201')

function everySpec(spec: AsymmetricSpecName): readonly Row[] {
  const key = newPrivateKey[spec]()
  const whole = exported(key)
  const own = publicBytes(key, spec)
  const others = publicBytes(newPrivateKey[spec](), spec)
  return [
    ['padded with 7 zeros', spec, and(whole, zeros(7)), 'read'],
    ['padded with 15 zeros, in base64', spec, and(whole, zeros(15)).toString('base64'), 'read'],
    ['16 zeros behind it', spec, and(whole, zeros(16)), 'key-zeros-after'],
    ['padded by PKCS#7', spec, and(whole, Buffer.alloc(4, 4)), 'key-bytes-after'],
    ['with attributes', spec, version1(whole, attributes), 'read'],
    ['version 2 with its public key', spec, version2(whole, implicitKey(own)), 'read'],
    [
      'version 2 with its public key under an explicit tag, in PEM',
      spec,
      pem(version2(whole, explicitKey(own))),
      'read',
    ],
    [
      'version 2 with the public key of another',
      spec,
      version2(whole, implicitKey(others)),
      'key-other-public-key',
    ],
    ['something else behind it', spec, version1(whole, octets(own)), 'key-something-after'],
  ]
}

const rsa = newPrivateKey.RSA_2048()
const rsaInner = exported(rsa, 'pkcs1')
const rsaRows: readonly Row[] = [
  ['PKCS#1, padded', 'RSA_2048', and(rsaInner, zeros(6)), 'read'],
  ['without NULL behind its algorithm', 'RSA_2048', pkcs8([rsaId], rsaInner), 'read'],
  ['with parameters', 'RSA_2048', pkcs8([rsaId, sequence()], rsaInner), 'key-parameters'],
  [
    'for PSS alone',
    'RSA_2048',
    exported(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
    'key-rsa-pss',
  ],
  [
    'more than two primes',
    'RSA_2048',
    pkcs8(
      [rsaId, none],
      sequence(integer(1n), ...Array.from({ length: 8 }, () => integer(3n)), sequence()),
    ),
    'key-many-primes',
  ],
  [
    'a number below zero',
    'RSA_2048',
    pkcs8(
      [rsaId, none],
      sequence(integer(0n), integer(-3n), ...Array.from({ length: 7 }, () => integer(3n))),
    ),
    'key-number-form',
  ],
  [
    'an algorithm that keys of RSA do not have',
    'RSA_2048',
    pkcs8([rsaId, none], octets(zeros(8))),
    'key-rsa-form',
  ],
  [
    'version 3',
    'RSA_2048',
    sequence(integer(2n), sequence(rsaId, none), octets(rsaInner)),
    'key-version',
  ],
  [
    'a key of DSA',
    'RSA_2048',
    pkcs8([oid('2a8648ce380401'), sequence(integer(7n))], integer(5n)),
    'other-spec',
  ],
]

/** BER, which the server refuses: the owner's side converts it to DER. */
const berRows: readonly Row[] = [
  [
    'BER with an indefinite length',
    'RSA_2048',
    and(Buffer.of(0x30, 0x80), exported(rsa).subarray(4), zeros(2)),
    'read',
  ],
  [
    'BER with a length of more bytes than it takes',
    'RSA_2048',
    and(Buffer.of(0x30, 0x83, 0), exported(rsa).subarray(2)),
    'read',
  ],
  [
    'BER within PKCS#8',
    'RSA_2048',
    pkcs8([rsaId, none], and(Buffer.of(0x30, 0x80), rsaInner.subarray(4), zeros(2))),
    'read',
  ],
]

function everyCurve(): readonly Row[] {
  return Object.values(namedCurves).flatMap(({ name, spec, id }): Row[] => {
    const key = newPrivateKey[spec]()
    const point = publicBytes(key, spec)
    const inner = (of: Uint8Array, ...more: Uint8Array[]): Buffer =>
      sequence(integer(1n), octets(of), ...more)
    const own = scalarOf(exported(key, 'sec1'))
    const at = (curve: Uint8Array, ...more: Uint8Array[]): Buffer =>
      pkcs8([ecId, curve], inner(own, ...more))
    const notItsCurve = name === 'prime256v1' ? oid('2b81040022') : oid('2a8648ce3d030107')
    const { p, Gx, Gy } = namedCurves[name].numbers
    return [
      ['without its point', spec, at(oid(id)), 'read'],
      ['the curve spelt out', spec, at(spelledOut(name), explicitKey(point)), 'read'],
      [
        'SEC 1 with the curve spelt out',
        spec,
        inner(own, explicit(0, spelledOut(name)), explicitKey(point)),
        'read',
      ],
      ['the curve inside alone', spec, pkcs8([ecId], inner(own, explicit(0, oid(id)))), 'read'],
      [
        'another prime',
        spec,
        at(spelledOut(name, { p: p - 2n }), explicitKey(point)),
        'key-curve-differs',
      ],
      [
        'another generator (CVE-2020-0601)',
        spec,
        at(spelledOut(name, { Gx: Gx ^ 2n, Gy: Gy ^ 4n })),
        'key-curve-differs',
      ],
      ['another curve inside', spec, at(oid(id), explicit(0, notItsCurve)), 'key-two-curves'],
      ['no curve', spec, inner(own, explicitKey(point)), 'key-no-curve'],
      [
        'a private number of 0',
        spec,
        pkcs8([ecId, oid(id)], inner(zeros(32))),
        'key-private-number',
      ],
    ]
  })
}

/** The private number of a SEC 1 key, after the version. */
function scalarOf(sec1: Buffer): Buffer {
  const at = sec1.indexOf(Buffer.of(2, 1, 1, 4)) + 4
  return sec1.subarray(at + 1, at + 1 + (sec1[at] ?? 0))
}

function seeds(): readonly Row[] {
  const key = newPrivateKey.ML_DSA_65()
  const whole = exported(key)
  const seed = whole.subarray(-32)
  const { secretKey: expanded } = ml_dsa65.keygen(seed)
  const form = (inner: Uint8Array): Buffer => pkcs8([oid('608648016503040312')], inner)
  const wrong = expanded.with(500, (expanded[500] ?? 0) ^ 1)
  return [
    ['with its expanded key', 'ML_DSA_65', form(sequence(octets(seed), octets(expanded))), 'read'],
    [
      'with an expanded key that is not its own',
      'ML_DSA_65',
      form(sequence(octets(seed), octets(wrong))),
      'key-other-expanded',
    ],
    ['an expanded key alone', 'ML_DSA_65', form(octets(expanded)), 'key-no-seed'],
    ['neither seed nor expanded key', 'ML_DSA_65', form(integer(7n)), 'key-ml-dsa-form'],
    ['a seed of 31 bytes', 'ED25519', pkcs8([oid('2b6570')], octets(zeros(31))), 'key-ed-form'],
    [
      'a key of X25519',
      'ED25519',
      exported(generateKeyPairSync('x25519').privateKey),
      'other-spec',
    ],
    [
      'a public key of Ed25519',
      'ED25519',
      createPublicKey(newPrivateKey.ED25519()).export({ format: 'der', type: 'spki' }),
      'public-key',
    ],
    [
      'a private key in a bit string',
      'EC_P256',
      pkcs8([ecId, oid('2a8648ce3d030107')], bits(zeros(32))),
      'key-ec-form',
    ],
    [
      'a curve that is neither named nor spelt out',
      'EC_P256',
      pkcs8([ecId, none], sequence(integer(1n), octets(Buffer.alloc(32, 1)))),
      'key-curve-form',
    ],
  ]
}

export const keyFormFiles: readonly Row[] = [
  ...(['RSA_2048', 'EC_P256', 'EC_P521', 'ED25519', 'ML_DSA_44'] as const).flatMap(everySpec),
  ...rsaRows,
  ...berRows,
  ...everyCurve(),
  ...seeds(),
]
/** For these, the server gives the same verdict on exactly these bytes. */
export const asTheServerReads: readonly Row[] = keyFormFiles.filter(
  (row) => !berRows.includes(row) && typeof row[2] !== 'string',
)
