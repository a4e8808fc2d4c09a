/**
 * What the bytes of a file or of a paste are: the one reader of the command line and of the
 * console. Nothing is guessed: where two readings fit, the person is asked, and the first of
 * several keys is never taken.
 */
import { isAsymmetric, type KeySpec, type SecretSpec } from '../../domain/keys/key-specs.ts'
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
  /** `form` where it is not told by the DER itself. */
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
 * So many hexadecimal digits and nothing else are no base64 of random bytes: the chance is below
 * 2^-21, and for a key below 2^-60.
 */
const surelyHexDigits = 14
/** First bytes of key stores of Java. */
const javaStores: Readonly<Record<string, 'jks' | 'jceks'>> = { feedfeed: 'jks', cececece: 'jceks' }

/**
 * @param given left unchanged: what is seen is in memory of its own, which the caller wipes.
 * @param isText it was typed or pasted: breaks at its ends do not count, and it is not taken as raw
 * bytes unless it fits.
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
 * What a backup held: the bytes themselves where they have the size of the spec, and otherwise any
 * file that was backed up.
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

/** What says by itself what it is. @returns undefined for bytes that may be anything. */
function lookAtStructure(
  bytes: Uint8Array,
  text: string | undefined,
  spec: KeySpec,
): Seen | undefined {
  const wide = utf16Of(bytes)
  if (wide !== undefined)
    return refused('utf-16', { command: wide.isMarked ? 'utf-16' : `utf-16${wide.order}` })
  const store = javaStores[bytes.subarray(0, 4).toHex()]
  // Random material of 64 bytes may begin so by chance; no store is as short.
  if (store !== undefined && bytes.length > 64) return refused('jks', { command: store })
  if (text?.startsWith('PuTTY-User-Key-File-')) return refused('putty', { command: 'putty' })
  const special =
    readPem(text ?? commented(bytes), spec) ??
    (text === undefined ? undefined : lookAtText(text, spec))
  if (special !== undefined) return special
  return lookAtDer(bytes, 'der') ?? (text === undefined ? undefined : lookAtWritten(text, spec))
}

/** DER in hexadecimal or base64; PEM in base64, as Kubernetes has its secrets. */
function lookAtWritten(text: string, spec: KeySpec): Seen | undefined {
  for (const [written, decode] of [
    ['hex', decodeHex],
    ['base64', decodeBase64],
  ] as const) {
    const decoded = decode(text)
    const structure = decoded && (readPem(textOf(decoded) ?? '', spec) ?? lookAtDer(decoded, 'der'))
    decoded?.fill(0)
    if (structure !== undefined) return asWritten(structure, written)
  }
  return undefined
}

/** A command for it starts with what programs read. */
function asWritten(seen: PrivateKeySeen | Unread, written: Written): Seen {
  if (seen.kind === 'encrypted-pkcs8') return { ...seen, written }
  if (seen.kind !== 'refused' || seen.values.command === undefined) return seen
  return refused(seen.reason, { ...seen.values, written })
}

/**
 * Text around PEM, such as OpenSSL's "friendlyName", may be in any encoding; PEM itself is ASCII.
 * Empty for what holds no PEM.
 */
function commented(bytes: Uint8Array): string {
  const text = new TextDecoder('latin1').decode(bytes)
  return /^\s*-----BEGIN /m.test(text) ? text : ''
}

function lookAtText(text: string, spec: KeySpec): Seen | undefined {
  const json = readJson(text, spec)
  if (json !== undefined) return json
  const dump = readDump(text)
  if (dump === undefined) return undefined
  if ('kind' in dump) return dump
  try {
    if (!isAsymmetric(spec) && dump.length === spec.materialBytes)
      return { kind: 'material', form: 'dump', material: Uint8Array.from(dump) }
    const structure = readPem(textOf(dump) ?? '', spec) ?? lookAtDer(dump, 'der')
    if (structure !== undefined) return structure
    if (isAsymmetric(spec)) return refused('unreadable')
    return refused('size', {
      spec: spec.name,
      n: spec.materialBytes,
      m: dump.length,
      reading: 'hex',
    })
  } finally {
    dump.fill(0)
  }
}

/** Instead of the way out for a pair, which leads to a private key. */
const forPairs: Partial<Record<Unread['reason'], 'no-secret' | 'key-store'>> = {
  certificate: 'no-secret',
  'certificate-request': 'no-secret',
  'public-key': 'no-secret',
  pkcs12: 'key-store',
  jks: 'key-store',
}

/** A private key is of no use to a key that takes bytes. */
function forSpec(seen: Seen, spec: KeySpec): Seen {
  if (isAsymmetric(spec)) return seen
  if (seen.kind === 'refused') return forSecret(seen)
  if (seen.kind === 'encrypted-pkcs8') {
    seen.der.fill(0)
    return refused('other-kind')
  }
  if (seen.kind !== 'private-key') return seen
  const found = nameOfKey(seen.der)
  seen.der.fill(0)
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
  const hex = decodeHex(text)
  if (reading === 'hex') return hex
  // A key of another length in hexadecimal would otherwise pass for base64 where that gives the
  // size: 64 digits are 48 bytes.
  const isHex = hex !== undefined && hex.length * 2 >= surelyHexDigits
  hex?.fill(0)
  return isHex ? undefined : decodeBase64(text)
}

function lookAtSecret(
  bytes: Uint8Array,
  text: string | undefined,
  isText: boolean,
  spec: SecretSpec,
): Seen {
  const size = spec.materialBytes
  // Breaks at the end of what was pasted are none of it.
  const given =
    isText && text !== undefined ? bytes.subarray(0, text.replace(/[\r\n]+$/, '').length) : bytes
  const decoded = readings.map((reading) => ({ reading, material: decodeAs(reading, given, text) }))
  const fitting = decoded.flatMap(({ reading, material }) => {
    if (material?.length === size) return [{ reading, material }]
    material?.fill(0)
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
 * Hexadecimal with a slip: one character that is no digit, or a digit too many or too few.
 * Characters are counted, never shown.
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

/** How far off it is, under the reading that was most likely meant. */
function likeliest(
  decoded: readonly { readonly reading: Reading; readonly material: Uint8Array | undefined }[],
  text = '',
): { readonly reading: Reading; readonly m: number } {
  const sizes = new Map(decoded.map(({ reading, material }) => [reading, material?.length]))
  const [raw = 0, hex, base64] = readings.map((reading) => sizes.get(reading))
  if (hex !== undefined) return { reading: 'hex', m: hex }
  // Any word of letters decodes; few are padded, or as long and as mixed as an encoded key.
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
