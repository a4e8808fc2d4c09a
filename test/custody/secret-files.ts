/**
 * Files offered to a symmetric key: the material in all forms that owners have, and files mistaken
 * for it.
 */
import { randomBytes } from 'node:crypto'
import { shareText } from '../../src/custody/share-text.ts'
import { makeShares } from '../../src/custody/shares.ts'
import { newPrivateKey } from '../crypto/new-private-key.ts'
import { backupOf, by, passphrase, type Row } from './row.ts'

const keyId = '6f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9'
/** Its last byte is neither a digit nor text. */
export const secret = Buffer.concat([randomBytes(31), Buffer.of(0xff)])
export const hex = secret.toString('hex')
const base64 = secret.toString('base64')
const url = secret.toString('base64url')
const bytesOf = (each: (byte: string) => string, between = ', '): string =>
  (hex.match(/../g) ?? []).map(each).join(between)
const lines = (text: string, length: number, end = '\n'): string =>
  text.replaceAll(new RegExp(`.{${length}}`, 'g'), `$&${end}`)
const long = (size: number): Buffer => Buffer.concat([randomBytes(size - 1), Buffer.of(0xff)])
const and = (...all: readonly (Uint8Array | string)[]): Buffer =>
  Buffer.concat(all.map((one) => (typeof one === 'string' ? Buffer.from(one) : one)))
const wide = (text: string, mark = '\ufeff'): Buffer => Buffer.from(mark + text, 'utf16le')
const wideBig = (text: string, mark = '\ufeff'): Buffer =>
  Buffer.from(mark + text, 'utf16le').swap16()
const oct = (k: string): object => ({ kty: 'oct', k })
const [sealed, sealedHex, shares] = await Promise.all([
  backupOf(secret),
  backupOf(`${hex}\n`),
  makeShares(secret, 3, 2),
])
const share = shares[0] === undefined ? '' : shareText(shares[0])
const pem = (spec: 'EC_P256' | 'RSA_2048'): string =>
  newPrivateKey[spec]().export({ format: 'pem', type: 'pkcs8' }).toString()
const ec = pem('EC_P256')

const written: readonly Row[] = [
  ['raw bytes', 'AES_256', secret, 'read'],
  ['raw bytes of 48', 'HMAC_384', long(48), 'read'],
  ['raw bytes of 64', 'HMAC_512', long(64), 'read'],
  ['raw bytes of 16', 'SM4', long(16), 'read'],
  ['raw bytes that are all zero', 'AES_256', Buffer.alloc(32), 'read'],
  ['a password of 32 letters', 'AES_256', 'correct horse battery staple 123', 'read'],
  ['hexadecimal', 'AES_256', hex, 'read'],
  [
    'hexadecimal in capitals, with a line break of Windows',
    'AES_256',
    `${hex.toUpperCase()}\r\n`,
    'read',
  ],
  ['hexadecimal with colons', 'AES_256', bytesOf((byte) => byte, ':'), 'read'],
  ['hexadecimal with blanks', 'AES_256', bytesOf((byte) => byte, ' '), 'read'],
  ['hexadecimal in groups of four', 'AES_256', lines(hex, 4, ' '), 'read'],
  [
    'hexadecimal with dashes, as BitConverter of .NET prints it',
    'AES_256',
    bytesOf((byte) => byte.toUpperCase(), '-'),
    'read',
  ],
  ['hexadecimal with commas', 'AES_256', bytesOf((byte) => byte, ','), 'read'],
  ['hexadecimal with tabs', 'AES_256', bytesOf((byte) => byte, '\t'), 'read'],
  ['hexadecimal in four lines', 'AES_256', lines(hex, 16), 'read'],
  ['hexadecimal after 0x', 'AES_256', `0x${hex}`, 'read'],
  ['hexadecimal after 0X', 'AES_256', `0X${hex.toUpperCase()}`, 'read'],
  ['bytes after 0x each, with commas', 'AES_256', bytesOf((byte) => `0x${byte}`), 'read'],
  ['bytes after 0x each, in lines', 'AES_256', bytesOf((byte) => `0x${byte}`, '\n'), 'read'],
  [
    'bytes after 0x, leading zeros left out',
    'AES_256',
    bytesOf((byte) => `0x${Number.parseInt(byte, 16).toString(16)}`),
    'read',
  ],
  ['bytes after \\x each', 'AES_256', bytesOf((byte) => `\\x${byte}`, ''), 'read'],
  [
    'an array in C',
    'AES_256',
    `static const uint8_t key[32] = { ${bytesOf((byte) => `0x${byte}`)} };\n`,
    'read',
  ],
  ['an array in Go', 'AES_256', `[]byte{${bytesOf((byte) => `0x${byte}`)},}`, 'read'],
  ['an array in Java', 'AES_256', `new byte[] { ${bytesOf((byte) => `(byte)0x${byte}`)} }`, 'read'],
  ['hexadecimal after a byte order mark', 'AES_256', `\ufeff${hex}`, 'read'],
  ['base64', 'AES_256', base64, 'read'],
  ['base64 without its padding', 'AES_256', base64.replaceAll('=', ''), 'read'],
  ['base64 with a line break of Windows', 'AES_256', `${base64}\r\n`, 'read'],
  ['base64 in lines of 16', 'AES_256', lines(base64, 16), 'read'],
  ['base64 in lines of 16, of Windows', 'AES_256', lines(base64, 16, '\r\n'), 'read'],
  ['base64 after a byte order mark', 'AES_256', `\ufeff${base64}`, 'read'],
  ['base64url', 'AES_256', url, 'read'],
  ['base64 of 48 bytes', 'HMAC_384', long(48).toString('base64'), 'read'],
  ['base64 of 64 bytes', 'HMAC_512', long(64).toString('base64'), 'read'],
  ['hexadecimal of 16 bytes', 'SM4', long(16).toString('hex'), 'read'],
  ['a JWK', 'AES_256', JSON.stringify(oct(url)), 'read'],
  [
    'a JWK that says more of itself',
    'AES_256',
    JSON.stringify({ ...oct(url), alg: 'A256GCM', use: 'enc', kid: '1' }, null, 2),
    'read',
  ],
  ['a JWK set of one', 'AES_256', JSON.stringify({ keys: [oct(url)] }), 'read'],
  ['a JWK in a list', 'AES_256', JSON.stringify([oct(url)]), 'read'],
  ['a backup', 'AES_256', sealed, 'read'],
  ['a backup of hexadecimal', 'AES_256', sealedHex, 'read'],
]

const slips: readonly Row[] = [
  ['hexadecimal with an O in the last place', 'AES_256', `${hex.slice(0, 63)}O`, 'hex-slip'],
  ['hexadecimal with a quotation mark before it', 'AES_256', `'${hex}`, 'hex-slip'],
  ['63 hexadecimal digits', 'AES_256', hex.slice(1), 'hex-odd'],
  ['65 hexadecimal digits', 'AES_256', `${hex}0`, 'hex-odd'],
  ['hexadecimal of 31 bytes', 'AES_256', hex.slice(2), 'size'],
  ['hexadecimal of 33 bytes', 'AES_256', `${hex}00`, 'size'],
  ['hexadecimal of 32 bytes for 48', 'HMAC_384', hex, 'size'],
  ['an array in C of 31 bytes', 'AES_256', `{${bytesOf((byte) => `0x${byte}`).slice(6)}}`, 'size'],
  ['base64 of 31 bytes', 'AES_256', secret.subarray(1).toString('base64'), 'size'],
  ['base64 of 33 bytes', 'AES_256', and(secret, Buffer.of(0)).toString('base64'), 'size'],
  ['31 bytes', 'AES_256', secret.subarray(1), 'size'],
  ['33 bytes', 'AES_256', and(Buffer.of(7), secret), 'size'],
  ['32 bytes and a NUL', 'AES_256', and(secret, Buffer.of(0)), 'size'],
  ['32 bytes and a line break', 'AES_256', and(secret, '\n'), 'line-break'],
  ['32 bytes and a line break of Windows', 'AES_256', and(secret, '\r\n'), 'line-break'],
  ['32 bytes and two line breaks', 'AES_256', and(secret, '\n\n'), 'size'],
  ['64 bytes for 32', 'AES_256', long(64), 'size'],
  ['NULs alone, one too many', 'AES_256', Buffer.alloc(33), 'size'],
  ['a password of 28 letters', 'AES_256', 'correct horse battery staple', 'size'],
  ['a password that is not ASCII', 'AES_256', 'Straße nach Übersee, 7 Möwen', 'size'],
  ['a million random bytes', 'AES_256', long(1_000_000), 'size'],
  ['more than a million bytes', 'AES_256', long(1_000_001), 'large'],
  [
    'a JWK of 16 bytes',
    'AES_256',
    JSON.stringify(oct(secret.subarray(16).toString('base64url'))),
    'size',
  ],
  [
    'a JWK whose k is no base64url',
    'AES_256',
    JSON.stringify(oct('not base64url!')),
    'jwk-damaged',
  ],
  [
    'a JWK that says k twice',
    'AES_256',
    JSON.stringify(oct(url)).replace('{', '{"k":"AA",'),
    'jwk-twice',
  ],
  [
    'a JWK that says k twice, once with an escape',
    'AES_256',
    JSON.stringify(oct(url)).replace('{', '{"\\u006b" : "AA",'),
    'jwk-twice',
  ],
  [
    'a JWK that says "k" in a name, too',
    'AES_256',
    JSON.stringify({ kid: '"k":"AA","k":', more: { k: 'AA' }, ...oct(url) }),
    'read',
  ],
  [
    'a JWK set that says keys twice',
    'AES_256',
    JSON.stringify({ keys: [oct(url)] }).replace('{', '{"keys":[],'),
    'jwk-twice',
  ],
  ['a JWK set of two', 'AES_256', JSON.stringify({ keys: [oct('AA'), oct('AQ')] }), 'several'],
  ['two JWKs in a list', 'AES_256', JSON.stringify([oct('AA'), oct('AQ')]), 'several'],
  ['a JWK set of none', 'AES_256', '{"keys":[]}', 'settings'],
  ['nothing', 'AES_256', '', 'empty'],
  ['a byte order mark alone', 'AES_256', '\ufeff', 'empty'],
  ['a line break', 'AES_256', '\n', 'blank'],
  ['blanks, tabs and line breaks', 'AES_256', '  \t\r\n \n', 'blank'],
  ['hexadecimal in UTF-16 of PowerShell', 'AES_256', wide(`${hex}\r\n`), 'utf-16'],
  ['hexadecimal in UTF-16 without a mark', 'AES_256', wide(hex, ''), 'utf-16'],
  ['hexadecimal in UTF-16 of the other order', 'AES_256', wideBig(hex), 'utf-16'],
  [
    'hexadecimal in UTF-16 of the other order without a mark',
    'AES_256',
    wideBig(hex, ''),
    'utf-16',
  ],
  ['base64 in UTF-16', 'AES_256', wide(base64), 'utf-16'],
  ['base32', 'AES_256', () => by('base32', secret, 'IN'), 'base32', ['base32']],
]

const dumps: readonly Row[] = [
  ['a dump of xxd', 'AES_256', () => by('xxd', secret, 'IN'), 'read', ['xxd']],
  [
    'a dump of xxd in eight columns',
    'AES_256',
    () => by('xxd', secret, '-c', '8', 'IN'),
    'read',
    ['xxd'],
  ],
  [
    'a dump of xxd in single bytes, capitals',
    'AES_256',
    () => by('xxd', secret, '-g', '1', '-u', 'IN'),
    'read',
    ['xxd'],
  ],
  [
    'a dump of xxd without offsets',
    'AES_256',
    () => by('xxd', secret, '-p', 'IN'),
    'read',
    ['xxd'],
  ],
  ['a dump of xxd for C', 'AES_256', () => by('xxd', secret, '-i', 'IN'), 'read', ['xxd']],
  [
    'a dump of xxd in words of the other order',
    'AES_256',
    () => by('xxd', secret, '-e', 'IN'),
    'dump-words',
    ['xxd'],
  ],
  ['a dump of xxd in bits', 'AES_256', () => by('xxd', secret, '-b', 'IN'), 'dump-words', ['xxd']],
  [
    'a dump of xxd of 33 bytes',
    'AES_256',
    () => by('xxd', and(secret, 'x'), 'IN'),
    'size',
    ['xxd'],
  ],
  ['a dump of hexdump -C', 'AES_256', () => by('hexdump', secret, '-C', 'IN'), 'read', ['hexdump']],
  [
    'a dump of hexdump in words',
    'AES_256',
    () => by('hexdump', secret, 'IN'),
    'dump-words',
    ['hexdump'],
  ],
  ['a dump of od in bytes', 'AES_256', () => by('od', secret, '-t', 'x1', 'IN'), 'read', ['od']],
  [
    'a dump of od in bytes, without offsets',
    'AES_256',
    () => by('od', secret, '-A', 'n', '-t', 'x1', 'IN'),
    'read',
    ['od'],
  ],
  [
    'a dump of od with hexadecimal offsets',
    'AES_256',
    () => by('od', secret, '-A', 'x', '-t', 'x1', 'IN'),
    'read',
    ['od'],
  ],
  ['a dump of od in words', 'AES_256', () => by('od', secret, 'IN'), 'dump-words', ['od']],
  [
    'a dump of od in words of four bytes',
    'AES_256',
    () => by('od', secret, '-t', 'x4', 'IN'),
    'dump-words',
    ['od'],
  ],
  ['a dump that lacks a line', 'AES_256', '00000000: 0011 2233\n00000010: 4455\n', 'dump-cut'],
  [
    'a dump with a line left out for zeros',
    'AES_256',
    () => by('od', Buffer.alloc(64), '-t', 'x1', 'IN'),
    'dump-words',
    ['od'],
  ],
]

const gpg = [
  '--batch',
  '--pinentry-mode',
  'loopback',
  '--passphrase',
  passphrase,
  '--s2k-count',
  '1024',
] as const
const store = ['-storepass', passphrase, '-alias', 'k'] as const
const page =
  '<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>\n'
const denied = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
const hosts =
  'github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n'

const mistaken: readonly Row[] = [
  ['a private key', 'AES_256', ec, 'other-kind-found'],
  [
    'a private key in DER',
    'HMAC_256',
    () => newPrivateKey.RSA_2048().export({ format: 'der', type: 'pkcs1' }),
    'other-kind-found',
  ],
  [
    'a private key as JWK',
    'AES_256',
    () => JSON.stringify(newPrivateKey.EC_P384().export({ format: 'jwk' })),
    'other-kind-found',
  ],
  [
    'an encrypted private key',
    'AES_256',
    () => by('openssl', ec, 'pkcs8', '-topk8', '-in', 'IN', '-passout', `pass:${passphrase}`),
    'other-kind',
    ['openssl'],
  ],
  [
    'a key store of Java',
    'AES_256',
    and(Buffer.from('feedfeed00000002', 'hex'), randomBytes(200)),
    'key-store',
  ],
  [
    'a secret key in JCEKS',
    'AES_256',
    () =>
      by(
        'keytool',
        '',
        '-genseckey',
        ...store,
        '-keyalg',
        'AES',
        '-keysize',
        '256',
        '-storetype',
        'JCEKS',
        '-keystore',
        'OUT',
      ),
    'key-store',
    ['keytool'],
  ],
  [
    'a secret key in PKCS#12',
    'AES_256',
    () =>
      by(
        'keytool',
        '',
        '-genseckey',
        ...store,
        '-keyalg',
        'AES',
        '-keysize',
        '256',
        '-storetype',
        'PKCS12',
        '-keystore',
        'OUT',
      ),
    'key-store',
    ['keytool'],
  ],
  [
    'a certificate',
    'AES_256',
    () => by('openssl', ec, 'req', '-x509', '-key', 'IN', '-subj', '/CN=x', '-days', '1'),
    'no-secret',
    ['openssl'],
  ],
  [
    'a public key',
    'AES_256',
    () => by('openssl', ec, 'pkey', '-pubout', '-in', 'IN'),
    'no-secret',
    ['openssl'],
  ],
  ['a public key of SSH', 'AES_256', hosts.slice('github.com '.length), 'no-secret'],
  ['known_hosts', 'AES_256', hosts, 'no-secret'],
  [
    'a recipient of age',
    'AES_256',
    'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n',
    'no-secret',
  ],
  [
    'an identity of age',
    'AES_256',
    '# created: 2026-01-01\nAGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQ\n',
    'is-identity',
  ],
  ['one of our shares', 'AES_256', share, 'is-share'],
  ['one of our shares, in quoted mail', 'AES_256', share.replaceAll(/^/gm, '> '), 'is-share'],
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
  ['bytes wrapped under RSA', 'AES_256', long(256), 'size'],
  ['the key in .env', 'AES_256', `# production\nMASTER_KEY=${base64}\n`, 'settings'],
  ['the key in an exported variable', 'AES_256', `export MASTER_KEY="${hex}"\n`, 'settings'],
  ['the key in YAML', 'AES_256', `apiVersion: v1\ndata:\n  key: ${base64}\n`, 'settings'],
  ['the key in JSON', 'AES_256', JSON.stringify({ Plaintext: base64, KeyId: 'x' }), 'settings'],
  ['the key as a string of JSON', 'AES_256', JSON.stringify(base64), 'settings'],
  ['the key in an INI file', 'AES_256', `[keys]\nmaster = ${hex}\n`, 'settings'],
  ['an error page that was saved', 'AES_256', page, 'web-page'],
  ['an answer in XML that was saved', 'AES_256', denied, 'web-page'],
  ['gzip of the key', 'AES_256', () => by('gzip', secret, '-c', 'IN'), 'archive', ['gzip']],
  ['zip of the key', 'AES_256', () => by('zip', secret, '-q', '-', 'IN'), 'archive', ['zip']],
  ['a tar of the key', 'AES_256', () => by('tar', secret, '-cf', 'OUT', 'IN'), 'archive', ['tar']],
  [
    'an archive of 7z',
    'AES_256',
    and(Buffer.from('377abcaf271c0004', 'hex'), randomBytes(90)),
    'archive',
  ],
  [
    'a picture in PNG',
    'AES_256',
    and(Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(90)),
    'image',
  ],
  [
    'a photograph',
    'AES_256',
    and(Buffer.from('ffd8ffe000104a464946', 'hex'), randomBytes(90)),
    'image',
  ],
  ['a PDF', 'AES_256', '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n', 'document'],
  [
    'an old document of Office',
    'AES_256',
    and(Buffer.from('d0cf11e0a1b11ae1', 'hex'), randomBytes(90)),
    'document',
  ],
  [
    'the key encrypted with gpg',
    'AES_256',
    () => by('gpg', secret, ...gpg, '-o', 'OUT', '-c', 'IN'),
    'pgp-message',
    ['gpg'],
  ],
  [
    'the key encrypted with gpg, armored',
    'AES_256',
    () => by('gpg', secret, ...gpg, '--armor', '-o', 'OUT', '-c', 'IN'),
    'pgp-message',
    ['gpg'],
  ],
]

export const secretFiles: readonly Row[] = [...written, ...slips, ...dumps, ...mistaken]
