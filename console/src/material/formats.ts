/** What the bytes of a file or of a paste are. Nothing is guessed: where two readings fit, the person is asked. */
import { isAsymmetric, type KeySpec } from '../../../src/domain/key-specs.ts'
import { bits, children, isInteger, isSequence, octets, oidOf, parse, smallInteger } from './der.ts'
import { isEncryptedPkcs8 } from './encrypted-pkcs8.ts'
import type { Reading, Refused } from './protocol.ts'
import { refused } from './refused.ts'

export type Seen =
  /** Symmetric material under each reading that gives the right size. */
  | { readonly kind: 'symmetric'; readonly readings: readonly { readonly reading: Reading; readonly material: Uint8Array }[] }
  | { readonly kind: 'line-break'; readonly material: Uint8Array }
  | { readonly kind: 'private-key'; readonly der: Uint8Array }
  | { readonly kind: 'encrypted-pkcs8'; readonly der: Uint8Array }
  | { readonly kind: 'age'; readonly file: Uint8Array }
  | Refused

const readings = ['raw', 'hex', 'base64'] as const
/** So many hexadecimal digits and nothing else are no base64 of random bytes: the chance is below 2^-21, and for a key below 2^-60. */
const surelyHexDigits = 14
const ageHead = 'age-encryption.org/v1'
const ageArmor = '-----BEGIN AGE ENCRYPTED FILE-----'

/**
 * @param bytes left unchanged: what is seen is in memory of its own, which the caller wipes.
 * @param isText it was typed or pasted: breaks at its ends do not count, and it is not taken as raw bytes unless it fits.
 */
export function look(bytes: Uint8Array, isText: boolean, spec: KeySpec): Seen {
  const text = textOf(bytes)
  if (bytes.length === 0 || (isText && text?.trim() === '')) return refused('empty')
  if (isAge(bytes)) {
    const file = ageFile(bytes)
    return file === undefined ? refused('not-a-backup') : { kind: 'age', file }
  }
  const special = lookAtText(text ?? commented(bytes), spec)
  if (special !== undefined) return special
  const der = derOf(bytes, text)
  const structure = der && lookAtDer(der)
  if (structure !== undefined) return structure
  der?.fill(0)
  return isAsymmetric(spec) ? refused('unreadable') : lookAtSecret(bytes, text, isText, spec.name, spec.materialBytes)
}

/** The binary form of a backup, out of either form. @returns undefined for what is none. */
export function ageFile(bytes: Uint8Array): Uint8Array | undefined {
  if (startsWith(bytes, ageHead)) return Uint8Array.from(bytes)
  const body = /-----BEGIN AGE ENCRYPTED FILE-----([\s\S]*?)-----END AGE ENCRYPTED FILE-----/.exec(textOf(bytes) ?? '')?.[1]
  const file = body && decodeBase64(body)
  return file && startsWith(file, ageHead) ? file : undefined
}

function isAge(bytes: Uint8Array): boolean {
  return startsWith(bytes, ageHead) || (textOf(bytes) ?? '').trimStart().startsWith(ageArmor)
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, i) => bytes[i] === character.charCodeAt(0))
}

/** Printable ASCII with line breaks; undefined for anything else. */
function textOf(bytes: Uint8Array): string | undefined {
  const isPrintable = bytes.every((byte) => (byte >= 0x20 && byte <= 0x7e) || byte === 0x0a || byte === 0x0d || byte === 0x09)
  return isPrintable ? new TextDecoder().decode(bytes) : undefined
}

/** Text around PEM, such as OpenSSL's "friendlyName", may be in any encoding; PEM itself is ASCII. Empty for what holds no PEM. */
function commented(bytes: Uint8Array): string {
  const text = new TextDecoder('latin1').decode(bytes)
  return /^-----BEGIN /m.test(text) ? text : ''
}

/** PEM by its label: RFC 7468. */
function lookAtText(text: string, spec: KeySpec): Seen | undefined {
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1]
  if (/^(?:ssh-|ecdsa-sha2-)\S+ AAAA/.test(text)) return refused('public-key')
  if (label === undefined) return undefined
  if (/-----BEGIN OPENSSH PRIVATE KEY-----/.test(text)) return refused('openssh')
  if (label.includes('PUBLIC KEY') || label.includes('CERTIFICATE')) {
    // A file may hold both: then the private key is the one that is meant.
    if (!/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(text)) return refused('public-key')
  }
  const block = /-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----([\s\S]*?)-----END \1-----/.exec(text)
  if (block === null) return refused('unreadable')
  const body = block[2] ?? ''
  const legacy = /DEK-Info:\s*([A-Za-z0-9-]+)/.exec(body)?.[1]
  if (legacy !== undefined) return isAsymmetric(spec) ? refused('cipher', { cipher: legacy }) : refused('other-kind')
  const der = decodeBase64(body)
  const seen = der && lookAtDer(der)
  if (seen !== undefined) return seen
  der?.fill(0)
  return refused('unreadable')
}

/** DER as it is, or written in hexadecimal or base64. */
function derOf(bytes: Uint8Array, text: string | undefined): Uint8Array | undefined {
  if (parse(bytes) !== undefined) return Uint8Array.from(bytes)
  if (text === undefined) return undefined
  for (const decoded of [decodeHex(text), decodeBase64(text)]) {
    if (decoded !== undefined && parse(decoded) !== undefined) return decoded
    decoded?.fill(0)
  }
  return undefined
}

function lookAtDer(der: Uint8Array): Seen | undefined {
  const node = parse(der)
  if (node === undefined) return undefined
  const parts = children(node)
  if (isEncryptedPkcs8(node)) return { kind: 'encrypted-pkcs8', der }
  if (smallInteger(parts[0]) === 3 && oidOf(children(parts[1])[0]) !== undefined) return refused('pkcs12')
  const isSpki = parts.length === 2 && isSequence(parts[0]) && bits(parts[1]) !== undefined
  const isCertificate = parts.length === 3 && isSequence(parts[0]) && isSequence(parts[1]) && bits(parts[2]) !== undefined
  const isPkcs1Public = parts.length === 2 && parts.every(isInteger)
  if (isSpki || isCertificate || isPkcs1Public) return refused('public-key')
  const version = smallInteger(parts[0])
  const isPrivate =
    (version === 0 || version === 1) && (parts.length === 9 || octets(parts[1]) !== undefined || octets(parts[2]) !== undefined)
  return isPrivate ? { kind: 'private-key', der } : undefined
}

/** Digits with the marks that people put between them. */
function decodeHex(text: string): Uint8Array | undefined {
  const bare = text
    .trim()
    .replace(/^0x/i, '')
    .replaceAll(/[\s:,-]|\\x/g, '')
  return /^([0-9a-fA-F]{2})+$/.test(bare) ? Uint8Array.fromHex(bare) : undefined
}

function decodeBase64(text: string): Uint8Array | undefined {
  const bare = text.replaceAll(/\s+/g, '')
  try {
    if (/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return Uint8Array.fromBase64(bare)
    if (/^[A-Za-z0-9_-]+={0,2}$/.test(bare)) return Uint8Array.fromBase64(bare, { alphabet: 'base64url' })
  } catch {
    // Not base64 after all.
  }
  return undefined
}

function decodeAs(reading: Reading, bytes: Uint8Array, text: string | undefined): Uint8Array | undefined {
  if (reading === 'raw') return Uint8Array.from(bytes)
  if (text === undefined) return undefined
  const hex = decodeHex(text)
  if (reading === 'hex') return hex
  // A key of another length in hexadecimal would otherwise pass for base64 where that gives the size: 64 digits are 48 bytes.
  const isHex = hex !== undefined && hex.length * 2 >= surelyHexDigits
  hex?.fill(0)
  return isHex ? undefined : decodeBase64(text)
}

function lookAtSecret(bytes: Uint8Array, text: string | undefined, isText: boolean, spec: string, size: number): Seen {
  // Breaks at the end of what was pasted are none of it.
  const given = isText && text !== undefined ? bytes.subarray(0, text.replace(/[\r\n]+$/, '').length) : bytes
  const decoded = readings.map((reading) => ({ reading, material: decodeAs(reading, given, text) }))
  const fitting = decoded.flatMap(({ reading, material }) => {
    if (material?.length === size) return [{ reading, material }]
    material?.fill(0)
    return []
  })
  if (fitting.length > 0) return { kind: 'symmetric', readings: fitting }
  const broken = withoutLineBreak(given)
  if (broken?.length === size) return { kind: 'line-break', material: Uint8Array.from(broken) }
  return refused('size', { spec, n: size, ...likeliest(decoded, text) })
}

/** How far off it is, under the reading that was most likely meant. */
function likeliest(
  decoded: readonly { readonly reading: Reading; readonly material: Uint8Array | undefined }[],
  text = '',
): { readonly reading: Reading; readonly m: number } {
  const sizes = new Map(decoded.map(({ reading, material }) => [reading, material?.length]))
  const [raw = 0, hex, base64] = readings.map((reading) => sizes.get(reading))
  if (hex !== undefined) return { reading: 'hex', m: hex }
  // Any word of letters decodes; few are padded, or as long and as mixed as an encoded key.
  const isEncoded = /[+/=]/.test(text) || (text.length >= 16 && [/[A-Z]/, /[a-z]/, /\d/].every((kind) => kind.test(text)))
  return base64 !== undefined && isEncoded ? { reading: 'base64', m: base64 } : { reading: 'raw', m: raw }
}

function withoutLineBreak(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.at(-1) !== 0x0a) return undefined
  return bytes.subarray(0, bytes.length - (bytes.at(-2) === 0x0d ? 2 : 1))
}
