/**
 * Files that owners give as wrapped, with the expected verdict. The list is the specification, for
 * the reader and for the fields of the console.
 */
import {
  constants,
  createCipheriv,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import type { WrappedFault } from '../../src/custody/wrapped-parts.ts'
import type { AsymmetricSpecName } from '../../src/domain/keys/key-specs.ts'
import { newPrivateKey } from '../crypto/new-private-key.ts'

const wrapping = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
export const underRsa = (bytes: Uint8Array): Buffer =>
  publicEncrypt(
    { key: wrapping, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    bytes,
  )
const privateKeys: Buffer[] = []
export function derOf(spec: AsymmetricSpecName): Buffer {
  const der = newPrivateKey[spec]().export({ format: 'der', type: 'pkcs8' })
  privateKeys.push(der)
  return der
}
export function underAes(pkcs8: Uint8Array): Buffer {
  const cipher = createCipheriv(
    'id-aes256-wrap-pad',
    randomBytes(32),
    Buffer.from('a65959a6', 'hex'),
  )
  return Buffer.concat([cipher.update(pkcs8), cipher.final()])
}
const password = 'correct horse battery staple'
/** Chosen so that it is not text by chance and has no other reading. */
const secret = Buffer.concat([randomBytes(31), Buffer.of(0xff)])
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le')
const pemOf = (der: Uint8Array): string =>
  `-----BEGIN PRIVATE KEY-----\n${Buffer.from(der).toString('base64')}\n-----END PRIVATE KEY-----\n`

/**
 * Padded to a multiple of 8, like everything wrapped with padding, so that nothing is refused only
 * for its length.
 */
function filledUp(content: Uint8Array | string, filler: (missing: number) => number): Buffer {
  const bytes = Buffer.from(content as Uint8Array)
  const missing = 8 - (bytes.length % 8)
  return Buffer.concat([bytes, Buffer.alloc(missing, filler(missing))])
}
const fillers: readonly (readonly [what: string, filler: (missing: number) => number])[] = [
  ['filled up as PKCS#7 does', (missing) => missing],
  ['filled up with line breaks', () => 10],
  ['filled up with ones', () => 0xff],
]

/**
 * Private number and public key as stored by programs without DER: with the number first, and with
 * the number last.
 */
function bareNumbers(spec: 'EC_P256' | 'EC_P384' | 'SECP256K1' | 'ED25519'): Row[] {
  const { d = '', x = '', y = '' } = newPrivateKey[spec]().export({ format: 'jwk' })
  const [number, ...publicKey] = [d, x, y].map((part) => Buffer.from(part, 'base64url')) as [
    Buffer,
    ...Buffer[],
  ]
  return [
    ['its private number and its public key', spec, Buffer.concat([number, ...publicKey]), 'bare'],
    ['that in base64', spec, Buffer.concat([number, ...publicKey]).toString('base64'), 'bare'],
    ['that in hexadecimal', spec, Buffer.concat([number, ...publicKey]).toString('hex'), 'bare'],
    ['its public key and its private number', spec, Buffer.concat([...publicKey, number]), 'bare'],
  ]
}

type Row = readonly [
  what: string,
  spec: string,
  file: Uint8Array | string,
  verdict: 'secret' | 'privateKey' | WrappedFault,
]

function rowsOfPair(spec: AsymmetricSpecName): Row[] {
  const pkcs8 = derOf(spec)
  const wrapped = underAes(pkcs8)
  return [
    ['its private key, wrapped', spec, wrapped, 'privateKey'],
    ['that in base64', spec, wrapped.toString('base64'), 'privateKey'],
    ['that in hexadecimal', spec, wrapped.toString('hex'), 'privateKey'],
    ['its PKCS#8', spec, pkcs8, 'bare'],
    [
      'its PKCS#8, filled up with zeros',
      spec,
      Buffer.concat([pkcs8, Buffer.alloc(8 - (pkcs8.length % 8))]),
      'bare',
    ],
    ...fillers.map(
      ([what, filler]) => [`its PKCS#8, ${what}`, spec, filledUp(pkcs8, filler), 'bare'] as const,
    ),
    [
      'its PKCS#8 behind zeros',
      spec,
      Buffer.concat([Buffer.alloc(16 - (pkcs8.length % 8)), pkcs8]),
      'bare',
    ],
    [
      'its PKCS#8 without its end',
      spec,
      pkcs8.subarray(0, pkcs8.length - (pkcs8.length % 8 || 8)),
      'bare',
    ],
    ['its PKCS#8, twice', spec, filledUp(Buffer.concat([pkcs8, pkcs8]), () => 0xff), 'bare'],
    ['its PKCS#8 in base64', spec, pkcs8.toString('base64'), 'bare'],
    ['its PKCS#8 in base64url', spec, pkcs8.toString('base64url'), 'bare'],
    ['its PKCS#8 in hexadecimal', spec, pkcs8.toString('hex'), 'bare'],
    ['its PEM', spec, pemOf(pkcs8), 'bare'],
    ['its PEM in base64', spec, Buffer.from(pemOf(pkcs8)).toString('base64'), 'bare'],
    ['its PEM in UTF-16', spec, utf16(pemOf(pkcs8)), 'bare'],
    [
      'its PEM under a name with an umlaut',
      spec,
      filledUp(`friendlyName: Müller\n${pemOf(pkcs8)}`, () => 10),
      'bare',
    ],
    [
      'its PEM under a name in Latin-1',
      spec,
      filledUp(Buffer.from(`Müller\n${pemOf(pkcs8)}`, 'latin1'), () => 10),
      'bare',
    ],
    [
      'its PEM in UTF-16, under a Chinese name',
      spec,
      filledUp(utf16(`密钥\n${pemOf(pkcs8)}`), () => 0),
      'bare',
    ],
    ['the last 32 bytes of it', spec, pkcs8.subarray(-32), 'bare'],
    ['its wrapped key and a byte', spec, Buffer.concat([wrapped, Buffer.of(0xff)]), 'size-pair'],
    ['nothing', spec, '', 'empty'],
  ]
}

export const wrappedFiles: readonly Row[] = [
  ['the secret, wrapped', 'AES_256', underRsa(secret), 'secret'],
  ['that in base64', 'AES_256', underRsa(secret).toString('base64'), 'secret'],
  [
    'that in base64 with breaks and a byte order mark',
    'AES_256',
    `\ufeff${underRsa(secret).toString('base64').replace(/.{64}/g, '$&\r\n')}`,
    'secret',
  ],
  ['that in hexadecimal', 'AES_256', underRsa(secret).toString('hex'), 'secret'],
  ['the secret', 'AES_256', secret, 'bare'],
  ['the secret in base64', 'AES_256', secret.toString('base64'), 'bare'],
  ['the secret in base64url', 'AES_256', secret.toString('base64url'), 'bare'],
  ['the secret in hexadecimal', 'AES_256', secret.toString('hex'), 'bare'],
  ['the secret in hexadecimal, with a break', 'AES_256', `${secret.toString('hex')}\r\n`, 'bare'],
  [
    'the secret in hexadecimal, in UTF-16',
    'AES_256',
    utf16(`\ufeff${secret.toString('hex')}`),
    'bare',
  ],
  ['the secret and a line break', 'AES_256', Buffer.concat([secret, Buffer.from('\n')]), 'bare'],
  ['half of the secret', 'AES_256', secret.subarray(16), 'bare'],
  ['a secret of another spec', 'AES_256', randomBytes(64), 'bare'],
  ['a password', 'AES_256', password, 'bare'],
  ['a JWK', 'AES_256', JSON.stringify({ kty: 'oct', k: secret.toString('base64url') }), 'bare'],
  ['a private key', 'AES_256', derOf('EC_P256'), 'bare'],
  [
    'an age file',
    'AES_256',
    Buffer.concat([Buffer.from('age-encryption.org/v1\n'), randomBytes(200)]),
    'bare',
  ],
  ['what is wrapped under a key of another length', 'AES_256', randomBytes(384), 'size'],
  ['what is wrapped, one byte short', 'AES_256', underRsa(secret).subarray(1), 'size'],
  ['a wrapped private key', 'AES_256', underAes(derOf('EC_P256')), 'size'],
  ['its temporary key, wrapped', 'EC_P256', underRsa(randomBytes(32)), 'secret'],
  [
    'a private key of Windows CNG',
    'RSA_2048',
    Buffer.concat([Buffer.from('RSA3'), randomBytes(1300)]),
    'bare',
  ],
  [
    'a key store of Java',
    'RSA_2048',
    Buffer.concat([Buffer.from('feedfeed', 'hex'), randomBytes(1308)]),
    'bare',
  ],
  [
    'a key store in BER',
    'RSA_2048',
    Buffer.concat([Buffer.from('3080020103308006092a864886f70d010701', 'hex'), randomBytes(1294)]),
    'bare',
  ],
  [
    'a JWK with a name in Chinese',
    'EC_P256',
    filledUp(JSON.stringify({ kid: '密钥', d: 'A'.repeat(43) }), () => 10),
    'bare',
  ],
  ['a text in Chinese', 'EC_P256', '密钥'.repeat(12), 'bare'],
  ...(['EC_P256', 'EC_P384', 'SECP256K1', 'ED25519'] as const).flatMap(bareNumbers),
  ['an expanded ML-DSA key', 'ML_DSA_44', randomBytes(2560), 'bare'],
  ...(
    [
      'EC_P256',
      'EC_P384',
      'EC_P521',
      'RSA_2048',
      'ED25519',
      'ML_DSA_65',
      'SM2',
      'SECP256K1',
    ] as const
  ).flatMap(rowsOfPair),
]

/** Bytes that must not leave the owner's machine with any of these files. */
export const bareMaterials: readonly Uint8Array[] = [secret, Buffer.from(password), ...privateKeys]
