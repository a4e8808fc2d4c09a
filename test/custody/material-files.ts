/**
 * A selection of owners' files, for every field of the console; secret-files.ts and pair-files.ts
 * have all of them.
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AsymmetricSpecName } from '../../src/domain/keys/key-specs.ts'
import { keyId, openssl } from '../console/material/holding.ts'
import { newPrivateKey } from '../crypto/new-private-key.ts'
import { missing } from '../tools.ts'
import { pemFiles, type WholeRow as Row } from './pem-files.ts'

/**
 * Material of the symmetric files, chosen so that it is not text by chance and has only one
 * reading.
 */
export const secret = Buffer.concat([randomBytes(31), Buffer.of(0xff)])
export const hex = secret.toString('hex')
const base64 = secret.toString('base64')
/** Private keys of the list, PKCS#8 in DER. */
const privateKeys: Buffer[] = []
function pemOf(spec: AsymmetricSpecName): string {
  const key = newPrivateKey[spec]()
  privateKeys.push(key.export({ format: 'der', type: 'pkcs8' }))
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}
export const ec = pemOf('EC_P256')
const rsa = pemOf('RSA_2048')
const certificate = openssl(
  rsa,
  'req',
  '-x509',
  '-key',
  '@',
  '-subj',
  '/CN=x',
  '-days',
  '1',
).toString()
export const traditional = openssl(
  rsa,
  'rsa',
  '-traditional',
  '-aes128',
  '-passout',
  'pass:x',
).toString()
export const pbes1 = openssl(
  rsa,
  'pkcs8',
  '-topk8',
  '-v1',
  'PBE-MD5-DES',
  '-provider',
  'legacy',
  '-provider',
  'default',
  '-passout',
  'pass:x',
)
export const p12 = openssl(rsa + certificate, 'pkcs12', '-export', '-in', '@', '-passout', 'pass:x')
export const oldP12 = openssl(
  rsa + certificate,
  'pkcs12',
  '-export',
  '-legacy',
  '-in',
  '@',
  '-passout',
  'pass:x',
)
function dump(tool: string, ...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-dump-'))
  try {
    writeFileSync(join(folder, 'dumped'), secret)
    return execFileSync(tool, [...args, join(folder, 'dumped')]).toString()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const symmetricFiles: readonly Row[] = [
  ['raw bytes', 'AES_256', secret, 'read'],
  ['hexadecimal', 'AES_256', hex, 'read'],
  [
    'hexadecimal in capitals, with a line break of Windows',
    'AES_256',
    `${hex.toUpperCase()}\r\n`,
    'read',
  ],
  ['hexadecimal with colons', 'AES_256', hex.replace(/..(?=.)/g, '$&:'), 'read'],
  ['hexadecimal after 0x', 'AES_256', `0x${hex}`, 'read'],
  ['hexadecimal after a byte order mark', 'AES_256', `\ufeff${hex}`, 'read'],
  ['base64', 'AES_256', base64, 'read'],
  ['base64url', 'AES_256', secret.toString('base64url'), 'read'],
  ['a JWK', 'AES_256', JSON.stringify({ kty: 'oct', k: secret.toString('base64url') }), 'read'],
  [
    'a JWK set of one',
    'AES_256',
    JSON.stringify({ keys: [{ kty: 'oct', k: secret.toString('base64url') }] }),
    'read',
  ],
  [
    'a JWK of 16 bytes',
    'AES_256',
    JSON.stringify({ kty: 'oct', k: secret.subarray(16).toString('base64url') }),
    'size',
  ],
  [
    'a JWK set of two',
    'AES_256',
    JSON.stringify({
      keys: [
        { kty: 'oct', k: 'AA' },
        { kty: 'oct', k: 'AQ' },
      ],
    }),
    'several',
  ],
  [
    'hexadecimal in UTF-16 of PowerShell',
    'AES_256',
    Buffer.from(`\ufeff${hex}\r\n`, 'utf16le'),
    'utf-16',
  ],
  ['hexadecimal in UTF-16 without a mark', 'AES_256', Buffer.from(hex, 'utf16le'), 'utf-16'],
  ['hexadecimal with an O in the last place', 'AES_256', `${hex.slice(0, 63)}O`, 'hex-slip'],
  ['63 hexadecimal digits', 'AES_256', hex.slice(1), 'hex-odd'],
  ['31 bytes', 'AES_256', secret.subarray(1), 'size'],
  ['nothing', 'AES_256', '', 'empty'],
  ['a private key', 'AES_256', ec, 'other-kind-found'],
  [
    'an encrypted private key',
    'AES_256',
    openssl(ec, 'pkcs8', '-topk8', '-passout', 'pass:x'),
    'other-kind',
  ],
  [
    'what material wrap writes',
    'AES_256',
    JSON.stringify({ key_id: keyId, encrypted_key_material: 'AA==' }),
    'wrapped',
  ],
  [
    'parameters of an import',
    'AES_256',
    JSON.stringify({ key_id: keyId, import_token: 'x', public_key: 'AA==' }),
    'parameters',
  ],
  [
    'a file of PGP',
    'AES_256',
    '-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n',
    'pgp-message',
  ],
  [
    'a key store of Java',
    'AES_256',
    Buffer.concat([Buffer.from('cececece', 'hex'), randomBytes(200)]),
    'key-store',
  ],
  ...(missing('xxd') === false
    ? [['a dump of xxd', 'AES_256', dump('xxd'), 'read'] satisfies Row]
    : []),
  ...(missing('hexdump') === false
    ? [
        ['a dump of hexdump -C', 'AES_256', dump('hexdump', '-C'), 'read'] satisfies Row,
        ['a dump of hexdump in words', 'AES_256', dump('hexdump'), 'dump-words'] satisfies Row,
      ]
    : []),
  ['a dump of od in bytes', 'AES_256', dump('od', '-t', 'x1'), 'read'],
  ['a dump of od in words', 'AES_256', dump('od'), 'dump-words'],
  ['a dump that lacks a line', 'AES_256', '00000000: 0011 2233\n00000010: 4455\n', 'dump-cut'],
]

export const pairFiles: readonly Row[] = [
  ...(['EC_P256', 'EC_P384', 'EC_P521', 'SECP256K1', 'ED25519', 'RSA_2048'] as const).flatMap(
    (spec): Row[] => [
      ...pemFiles(spec, pemOf(spec)),
      ['a symmetric JWK', spec, JSON.stringify({ kty: 'oct', k: 'AAAA' }), 'other-kind-secret'],
    ],
  ),
  ['PKCS#1', 'RSA_2048', openssl(rsa, 'rsa', '-traditional'), 'read'],
  ['SEC1', 'EC_P256', openssl(ec, 'ec'), 'read'],
  ['a certificate', 'RSA_2048', certificate, 'certificate'],
  ['a key of another kind', 'RSA_2048', ec, 'other-spec'],
  ['two keys of different kinds', 'RSA_2048', rsa + ec, 'several'],
  ['PEM of old, encrypted', 'RSA_2048', traditional, 'cipher'],
  ['PKCS#8 under PBES1', 'RSA_2048', pbes1, 'cipher'],
  ['PKCS#12', 'RSA_2048', p12, 'pkcs12'],
  ['PKCS#12 of old', 'RSA_2048', oldP12, 'pkcs12'],
  ['a key of PuTTY', 'RSA_2048', 'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n', 'putty'],
  [
    'a key of PGP',
    'RSA_2048',
    '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----\n',
    'pgp-key',
  ],
]

/** Bytes that must not leave the owner's machine with any of these files. */
export const materials: readonly Uint8Array[] = [secret, ...privateKeys, p12, oldP12]
