/**
 * Private keys encrypted with a passphrase: PKCS#8 EncryptedPrivateKeyInfo with PBES2 (RFC 8018),
 * AES-CBC under PBKDF2 or scrypt (RFC 7914), which is what OpenSSL 1.1 and later write. Older
 * ciphers are recognised and left to OpenSSL.
 */
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js'
import { scryptAsync } from '@noble/hashes/scrypt.js'
import { sha224, sha512_224, sha512_256 } from '@noble/hashes/sha2.js'
import type { CHash } from '@noble/hashes/utils.js'
import { Wiped } from '../../domain/material/wiped.ts'
import { bigInteger, children, type Node, octets, oidOf, parse } from './der.ts'
import { refused, type Unread, type Written } from './verdicts.ts'

const pbes2 = '1.2.840.113549.1.5.13'
const pbkdf2Id = '1.2.840.113549.1.5.12'
const scryptId = '1.3.6.1.4.1.11591.4.11'

const ciphers: Readonly<Record<string, number>> = {
  '2.16.840.1.101.3.4.1.2': 16,
  '2.16.840.1.101.3.4.1.22': 24,
  '2.16.840.1.101.3.4.1.42': 32,
}
/** HMACs of PBKDF2: by WebCrypto, which is many times faster, if it has the hash. */
const hashes: Readonly<Record<string, string | CHash>> = {
  '1.2.840.113549.2.7': 'SHA-1',
  '1.2.840.113549.2.8': sha224,
  '1.2.840.113549.2.9': 'SHA-256',
  '1.2.840.113549.2.10': 'SHA-384',
  '1.2.840.113549.2.11': 'SHA-512',
  '1.2.840.113549.2.12': sha512_224,
  '1.2.840.113549.2.13': sha512_256,
}
/** The HMAC that PBKDF2 uses by default. */
const usualHash = '1.2.840.113549.2.7'

/** Ciphers that are not supported here, with OpenSSL's names. */
const others: Readonly<Record<string, string>> = {
  '1.2.840.113549.3.7': 'DES-EDE3-CBC',
  '1.3.14.3.2.7': 'DES-CBC',
  '1.2.840.113549.3.2': 'RC2-CBC',
  '1.2.840.113549.1.5.3': 'PBE-MD5-DES',
  '1.2.840.113549.1.5.10': 'PBE-SHA1-DES',
  '1.2.840.113549.1.12.1.3': 'PBE-SHA1-3DES',
  '1.2.840.113549.1.12.1.6': 'PBE-SHA1-RC2-40',
  '1.2.840.113549.1.5.6': 'PBE-MD5-RC2-64',
  '1.2.840.113549.1.5.11': 'PBE-SHA1-RC2-64',
  '1.2.840.113549.1.12.1.1': 'PBE-SHA1-RC4-128',
  '1.2.840.113549.1.12.1.2': 'PBE-SHA1-RC4-40',
  '1.2.840.113549.1.12.1.4': 'PBE-SHA1-2DES',
  '1.2.840.113549.1.12.1.5': 'PBE-SHA1-RC2-128',
  '1.2.156.10197.1.104.2': 'SM4-CBC',
  '1.2.392.200011.61.1.1.1.2': 'CAMELLIA-128-CBC',
  '1.2.392.200011.61.1.1.1.4': 'CAMELLIA-256-CBC',
  '1.2.410.200046.1.1.2': 'ARIA-128-CBC',
  '1.2.410.200046.1.1.12': 'ARIA-256-CBC',
  '2.16.840.1.101.3.4.1.6': 'AES-128-GCM',
  '2.16.840.1.101.3.4.1.46': 'AES-256-GCM',
}

/** Limits the work spent on an untrusted file. */
const mostIterations = 10_000_000
const mostScryptBytes = 1 << 30

/** Schemes that OpenSSL 3 has only in its legacy provider. */
const legacy = /^(?:DES-CBC|RC2|PBE-MD5|PBE-SHA1-DES|PBE-SHA1-RC)/

/** The format in which the file holds the encrypted key. */
export type Holding = { readonly form: 'pem' | 'der'; readonly written?: Written }

/** What to tell the owner of a file that this does not open. */
export function notOpened(reason: NotOpened, { form, written }: Holding): Unread {
  const outside = written === undefined ? {} : { written }
  if (reason.kind === 'cipher') {
    const command = legacy.test(reason.cipher) ? `${form}-legacy` : form
    return refused('cipher', { cipher: reason.cipher, command, ...outside })
  }
  return refused(reason.kind, reason.kind === 'work' ? { command: form, ...outside } : {})
}

export type Opened = { readonly kind: 'opened'; readonly pkcs8: Uint8Array } | NotOpened
export type NotOpened =
  | { readonly kind: 'cipher'; readonly cipher: string }
  | { readonly kind: 'work' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'passphrase-wrong' }

type Plan = {
  readonly keyBytes: number
  readonly iv: Uint8Array
  readonly data: Uint8Array
  readonly derive: (passphrase: Uint8Array) => Promise<Uint8Array>
}

export function isEncryptedPkcs8(node: Node): boolean {
  const [algorithm, data] = children(node)
  return (
    children(node).length === 2 &&
    oidOf(children(algorithm)[0]) !== undefined &&
    octets(data) !== undefined
  )
}

/**
 * How to open it, or why that is impossible.
 * @param der an EncryptedPrivateKeyInfo, in whose memory the plan stays.
 */
export function planOf(der: Uint8Array): Plan | NotOpened {
  const [algorithm, data] = children(parse(der))
  const [scheme, parameters] = children(algorithm)
  const name = oidOf(scheme) ?? ''
  if (name !== pbes2) return otherCipher(name)
  const [derivation, encryption] = children(parameters)
  const [cipher, iv] = children(encryption)
  const cipherName = oidOf(cipher) ?? ''
  const keyBytes = ciphers[cipherName]
  const ivBytes = octets(iv)
  const bytes = octets(data)
  if (keyBytes === undefined) return otherCipher(cipherName)
  if (ivBytes?.length !== 16 || bytes === undefined) return { kind: 'unreadable' }
  const [kdf, kdfParameters] = children(derivation)
  const derive = derivationOf(oidOf(kdf) ?? '', children(kdfParameters), keyBytes)
  return typeof derive === 'function' ? { keyBytes, iv: ivBytes, data: bytes, derive } : derive
}

/** @param name an object identifier; empty if it is missing. */
function otherCipher(name: string): NotOpened {
  return name === '' ? { kind: 'unreadable' } : { kind: 'cipher', cipher: others[name] ?? name }
}

function derivationOf(
  name: string,
  parameters: readonly Node[],
  keyBytes: number,
): Plan['derive'] | NotOpened {
  if (name !== pbkdf2Id && name !== scryptId) return otherCipher(name)
  const salt = octets(parameters[0])
  const first = count(parameters[1])
  if (salt === undefined || first === undefined) return { kind: 'unreadable' }
  if (name === pbkdf2Id) {
    const prf =
      parameters.map((node) => oidOf(children(node)[0])).find((one) => one !== undefined) ??
      usualHash
    const hash = hashes[prf]
    if (hash === undefined) return { kind: 'cipher', cipher: `PBKDF2 ${prf}` }
    if (first > mostIterations) return { kind: 'work' }
    return (passphrase) => pbkdf2(hash, passphrase, salt, first, keyBytes)
  }
  const blockSize = count(parameters[2])
  const parallel = count(parameters[3])
  if (blockSize === undefined || parallel === undefined) return { kind: 'unreadable' }
  if (128 * first * blockSize * parallel > mostScryptBytes) return { kind: 'work' }
  if (first < 2 || (first & (first - 1)) !== 0) return { kind: 'unreadable' }
  const options = {
    N: first,
    r: blockSize,
    p: parallel,
    dkLen: keyBytes,
    maxmem: mostScryptBytes + 65_536,
  }
  return (passphrase) => scryptAsync(passphrase, salt, options)
}

/**
 * A positive number of any size; one too large for exact arithmetic is only compared with a limit.
 */
function count(node: Node | undefined): number | undefined {
  const value = bigInteger(node)
  return value === undefined || value === 0n ? undefined : Number(value)
}

async function pbkdf2(
  hash: string | CHash,
  passphrase: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  keyBytes: number,
) {
  if (typeof hash !== 'string')
    return pbkdf2Async(hash, passphrase, salt, { c: iterations, dkLen: keyBytes })
  const key = await crypto.subtle.importKey(
    'raw',
    passphrase as Uint8Array<ArrayBuffer>,
    'PBKDF2',
    false,
    ['deriveBits'],
  )
  const algorithm = { name: 'PBKDF2', hash, salt: Uint8Array.from(salt), iterations }
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 8 * keyBytes))
}

/**
 * @param der left unchanged, as is `passphrase`.
 * @returns the key in memory that the caller wipes, or why it could not be opened.
 */
export async function openEncryptedPkcs8(der: Uint8Array, passphrase: Uint8Array): Promise<Opened> {
  const plan = planOf(der)
  if ('kind' in plan) return plan
  try {
    const key = await aesKey(await plan.derive(passphrase))
    const iv = Uint8Array.from(plan.iv)
    using opened = Wiped.of(
      new Uint8Array(
        await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, Uint8Array.from(plan.data)),
      ),
    )
    // With a wrong passphrase the padding is valid by chance once in 256 times; the result is then
    // not DER.
    if (parse(opened.bytes) !== undefined) return { kind: 'opened', pkcs8: opened.release() }
  } catch {
    // Wrong padding: the passphrase does not open it.
  }
  return { kind: 'passphrase-wrong' }
}

/** @param raw wiped. */
async function aesKey(raw: Uint8Array): Promise<CryptoKey> {
  using derived = Wiped.of(raw as Uint8Array<ArrayBuffer>)
  return await crypto.subtle.importKey('raw', derived.bytes, 'AES-CBC', false, ['decrypt'])
}
