/**
 * Identifies the bytes of a file or a paste, for both the command line and the console. Nothing is
 * guessed: if two readings fit, the person is asked, and a file with several keys is refused.
 */
import { isAsymmetric, type KeySpec, type SecretSpec } from '../../domain/keys/key-specs.ts'
import { Wiped, wipe } from '../../domain/material/wiped.ts'
import { BackupUnreadable } from '../age-faults.ts'
import { binaryAge, looksLikeAge } from '../age-file.ts'
import { lookAtDer } from './der-kinds.ts'
import { readDump } from './dump.ts'
import type { Holding } from './encrypted-pkcs8.ts'
import { readJson } from './jwk.ts'
import { lookAtOther } from './other-files.ts'
import { readPem } from './pem.ts'
import { nameOfKey } from './private-key.ts'
import { bareHex, decodeBase64, decodeHex, textOf, utf16Of, withoutMark } from './text.ts'
import { type Reading, refused, tooLarge, type Unread, type Written } from './verdicts.ts'

export type PrivateKeySeen =
  /** `form` is set where the DER itself does not show it. */
  | { readonly kind: 'private-key'; readonly der: Uint8Array; readonly form?: 'jwk' }
  | ({ readonly kind: 'encrypted-pkcs8'; readonly der: Uint8Array } & Holding)

export type Seen =
  /** Symmetric material under each reading that gives the right size. */
  | {
      readonly kind: 'symmetric'
      readonly readings: readonly { readonly reading: Reading; readonly material: Uint8Array }[]
    }
  /** Symmetric material in a form that has one reading. */
  | { readonly kind: 'material'; readonly form: 'jwk' | 'dump'; readonly material: Uint8Array }
  | { readonly kind: 'line-break'; readonly material: Uint8Array }
  | PrivateKeySeen
  | { readonly kind: 'age'; readonly file: Uint8Array }
  | Unread

const readings = ['raw', 'hex', 'base64'] as const
/**
 * Text of at least this many characters, all hexadecimal digits, is not base64 of random bytes: the
 * probability is below 2^-21, and below 2^-60 for a key.
 */
const surelyHexDigits = 14
/** First bytes of Java key stores. */
const javaStores: Readonly<Record<string, 'jks' | 'jceks'>> = { feedfeed: 'jks', cececece: 'jceks' }

/**
 * @param given left unchanged: the result is in its own memory, which the caller wipes.
 * @param isText whether it was typed or pasted: line breaks at its ends do not count, and it is not
 * read as raw bytes unless it has the right size.
 */
export function look(given: Uint8Array, isText: boolean, spec: KeySpec): Seen {
  const bytes = withoutMark(given)
  const text = textOf(bytes)
  if (bytes.length === 0) return refused('empty')
  const large = tooLarge(given.length)
  if (large !== undefined) return large
  if (text?.trim() === '') return refused('blank')
  if (looksLikeAge(bytes)) return lookAtAge(bytes)
  const seen = lookAtStructure(bytes, text, spec)
  if (seen !== undefined) return forSpec(seen, spec)
  if (!isAsymmetric(spec)) return lookAtSecret(bytes, text, isText, spec)
  return lookAtOther(bytes, text) ?? refused('unreadable')
}

/**
 * Identifies the content of a backup: the material itself if it has the size of the spec, otherwise
 * any file that was backed up.
 */
export function lookInBackup(content: Uint8Array, spec: KeySpec): Seen {
  if (isAsymmetric(spec) || content.length !== spec.materialBytes) return look(content, false, spec)
  return { kind: 'symmetric', readings: [{ reading: 'raw', material: Uint8Array.from(content) }] }
}

function lookAtAge(bytes: Uint8Array): Seen {
  try {
    return { kind: 'age', file: binaryAge(bytes) }
  } catch (error) {
    if (error instanceof BackupUnreadable) return refused(`age-${error.fault}`, error.values)
    throw error
  }
}

/**
 * Recognises self-describing formats.
 * @returns undefined for bytes that may be anything.
 */
function lookAtStructure(
  bytes: Uint8Array,
  text: string | undefined,
  spec: KeySpec,
): Seen | undefined {
  const wide = utf16Of(bytes)
  if (wide !== undefined)
    return refused('utf-16', { command: wide.isMarked ? 'utf-16' : `utf-16${wide.order}` })
  const store = javaStores[bytes.subarray(0, 4).toHex()]
  // Random material of 64 bytes may begin like this by chance; no key store is that short.
  if (store !== undefined && bytes.length > 64) return refused('jks', { command: store })
  if (text?.startsWith('PuTTY-User-Key-File-')) return refused('putty', { command: 'putty' })
  const special =
    readPem(text ?? commented(bytes), spec) ??
    (text === undefined ? undefined : lookAtText(text, spec))
  if (special !== undefined) return special
  return lookAtDer(bytes, 'der') ?? (text === undefined ? undefined : lookAtWritten(text, spec))
}

/** DER in hexadecimal or base64; PEM in base64, as in Kubernetes secrets. */
function lookAtWritten(text: string, spec: KeySpec): Seen | undefined {
  for (const [written, decode] of [
    ['hex', decodeHex],
    ['base64', decodeBase64],
  ] as const) {
    using decoded = Wiped.of(decode(text))
    const { bytes } = decoded
    const structure = bytes && (readPem(textOf(bytes) ?? '', spec) ?? lookAtDer(bytes, 'der'))
    if (structure !== undefined) return asWritten(structure, written)
  }
  return undefined
}

/** A command for it must first decode the text, since programs do not. */
function asWritten(seen: PrivateKeySeen | Unread, written: Written): Seen {
  if (seen.kind === 'encrypted-pkcs8') return { ...seen, written }
  if (seen.kind !== 'refused' || seen.values.command === undefined) return seen
  return refused(seen.reason, { ...seen.values, written })
}

/**
 * Text around PEM, such as OpenSSL's "friendlyName", may be in any encoding; PEM itself is ASCII.
 * Empty if there is no PEM.
 */
function commented(bytes: Uint8Array): string {
  const text = new TextDecoder('latin1').decode(bytes)
  return /^\s*-----BEGIN /m.test(text) ? text : ''
}

function lookAtText(text: string, spec: KeySpec): Seen | undefined {
  const json = readJson(text, spec)
  if (json !== undefined) return json
  const found = readDump(text)
  if (found === undefined || 'kind' in found) return found
  using dump = Wiped.of(found)
  if (!isAsymmetric(spec) && dump.bytes.length === spec.materialBytes)
    return { kind: 'material', form: 'dump', material: dump.release() }
  const structure = readPem(textOf(dump.bytes) ?? '', spec) ?? lookAtDer(dump.bytes, 'der')
  if (structure !== undefined) return structure
  if (isAsymmetric(spec)) return refused('unreadable')
  return refused('size', {
    spec: spec.name,
    n: spec.materialBytes,
    m: dump.bytes.length,
    reading: 'hex',
  })
}

/** Replaces advice for key pairs, which leads to a private key. */
const forPairs: Partial<Record<Unread['reason'], 'no-secret' | 'key-store'>> = {
  certificate: 'no-secret',
  'certificate-request': 'no-secret',
  'public-key': 'no-secret',
  pkcs12: 'key-store',
  jks: 'key-store',
}

/** A key of symmetric material cannot use a private key. */
function forSpec(seen: Seen, spec: KeySpec): Seen {
  if (isAsymmetric(spec)) return seen
  if (seen.kind === 'refused') return forSecret(seen)
  if (seen.kind !== 'private-key' && seen.kind !== 'encrypted-pkcs8') return seen
  using der = Wiped.of(seen.der)
  const found = seen.kind === 'private-key' ? nameOfKey(der.bytes) : undefined
  return found === undefined ? refused('other-kind') : refused('other-kind-found', { found })
}

function forSecret(seen: Unread): Unread {
  const reason = forPairs[seen.reason]
  return reason === undefined ? seen : refused(reason)
}

function decodeAs(
  reading: Reading,
  bytes: Uint8Array,
  text: string | undefined,
): Uint8Array | undefined {
  if (reading === 'raw') return Uint8Array.from(bytes)
  if (text === undefined) return undefined
  if (reading === 'hex') return decodeHex(text)
  // A hexadecimal key of another length would otherwise pass for base64 if that gives the right
  // size: as base64, 64 digits are 48 bytes.
  using hex = Wiped.of(decodeHex(text))
  const isHex = hex.bytes !== undefined && hex.bytes.length * 2 >= surelyHexDigits
  return isHex ? undefined : decodeBase64(text)
}

function lookAtSecret(
  bytes: Uint8Array,
  text: string | undefined,
  isText: boolean,
  spec: SecretSpec,
): Seen {
  const size = spec.materialBytes
  // Line breaks at the end of a paste are not part of the material.
  const given =
    isText && text !== undefined ? bytes.subarray(0, text.replace(/[\r\n]+$/, '').length) : bytes
  const decoded = readings.map((reading) => ({ reading, material: decodeAs(reading, given, text) }))
  const fitting = decoded.flatMap(({ reading, material }) => {
    if (material?.length === size) return [{ reading, material }]
    wipe(material)
    return []
  })
  if (fitting.length > 0) return { kind: 'symmetric', readings: fitting }
  const broken = withoutLineBreak(given)
  if (broken?.length === size) return { kind: 'line-break', material: Uint8Array.from(broken) }
  const other = lookAtOther(bytes, text) ?? hexSlip(text ?? '', spec) ?? base32(text ?? '', size)
  return other === undefined
    ? refused('size', { spec: spec.name, n: size, ...likeliest(decoded, text) })
    : forSecret(other)
}

/** RFC 4648, section 6, of material of the right size. */
function base32(text: string, size: number): Unread | undefined {
  const bare = text.replaceAll(/\s/g, '')
  const digits = bare.replace(/=+$/, '').length
  if (!/^[A-Z2-7]+=*$/.test(bare) || bare.length % 8 !== 0 || Math.floor((digits * 5) / 8) !== size)
    return undefined
  return refused('base32', { command: 'base32' })
}

/**
 * Hexadecimal with a typing error: one character that is not a digit, or one digit too many or too
 * few. Characters are counted, never shown.
 */
function hexSlip(text: string, spec: SecretSpec): Unread | undefined {
  const bare = bareHex(text)
  const good = bare.replaceAll(/[^0-9a-fA-F]/g, '').length
  if (good < surelyHexDigits || bare.length - good > Math.max(1, bare.length / 32)) return undefined
  if (good < bare.length)
    return refused('hex-slip', { good, all: bare.length, place: bare.search(/[^0-9a-fA-F]/) + 1 })
  return bare.length % 2 === 0
    ? undefined
    : refused('hex-odd', { m: bare.length, spec: spec.name, n: spec.materialBytes * 2 })
}

/** The size fault under the reading that was most likely intended. */
function likeliest(
  decoded: readonly { readonly reading: Reading; readonly material: Uint8Array | undefined }[],
  text = '',
): { readonly reading: Reading; readonly m: number } {
  const sizes = new Map(decoded.map(({ reading, material }) => [reading, material?.length]))
  const [raw = 0, hex, base64] = readings.map((reading) => sizes.get(reading))
  if (hex !== undefined) return { reading: 'hex', m: hex }
  // Any word of letters decodes; few are padded, or as long and mixed as an encoded key.
  const isEncoded =
    /[+/=]/.test(text) ||
    (text.length >= 16 && [/[A-Z]/, /[a-z]/, /\d/].every((kind) => kind.test(text)))
  return base64 !== undefined && isEncoded
    ? { reading: 'base64', m: base64 }
    : { reading: 'raw', m: raw }
}

function withoutLineBreak(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.at(-1) !== 0x0a) return undefined
  return bytes.subarray(0, bytes.length - (bytes.at(-2) === 0x0d ? 2 : 1))
}
