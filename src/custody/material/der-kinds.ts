/**
 * Identifies a DER structure: a private key, encrypted or not, or something that is mistaken for
 * one.
 */
import {
  type PrivateKeyParts,
  privateKeyLimit,
  readPrivateKeyForm,
  withoutPadding,
} from '../../domain/material/private-key-form.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import {
  bits,
  children,
  isInteger,
  isSequence,
  isTagged,
  isTime,
  type Node,
  oidOf,
  parse,
  privateKeyInDer,
  smallInteger,
} from './der.ts'
import { isEncryptedPkcs8 } from './encrypted-pkcs8.ts'
import type { PrivateKeySeen } from './formats.ts'
import { refused, type Unread } from './verdicts.ts'

const pkcs7SignedData = '1.2.840.113549.1.7.2'
/**
 * DER of the beginning of 1.2.840.113549.1.12.1, the ciphers of PKCS#12; the last arc selects the
 * cipher.
 */
const pkcs12Cipher = '060a2a864886f70d010c01'
/** RC4 and RC2: OpenSSL 3 has them only in its legacy provider. */
const legacyParts = ['01', '02', '05', '06']

/**
 * @param der left unchanged.
 * @param form how the file holds it.
 * @returns undefined for any other structure.
 */
export function lookAtDer(
  der: Uint8Array,
  form: 'pem' | 'der',
): PrivateKeySeen | Unread | undefined {
  const whole = withoutPadding(der)
  const node = parse(whole)
  if (node !== undefined && isEncryptedPkcs8(node))
    return { kind: 'encrypted-pkcs8', der: Uint8Array.from(whole), form }
  return (node && mistaken(node, der)) ?? privateKeyIn(der, node)
}

/** Structures that are not private keys but are mistaken for them. */
function mistaken(node: Node, der: Uint8Array): Unread | undefined {
  const parts = children(node)
  if (smallInteger(parts[0]) === 3 && oidOf(children(parts[1])[0]) !== undefined)
    return refused('pkcs12', { command: isLegacyPkcs12(der) ? 'pkcs12-legacy' : 'pkcs12' })
  if (oidOf(parts[0]) === pkcs7SignedData) return refused('certificate')
  const isSpki = parts.length === 2 && isSequence(parts[0]) && bits(parts[1]) !== undefined
  const isPkcs1Public = parts.length === 2 && parts.every(isInteger)
  if (isSpki || isPkcs1Public) return refused('public-key')
  const isSigned =
    parts.length === 3 &&
    isSequence(parts[0]) &&
    isSequence(parts[1]) &&
    bits(parts[2]) !== undefined
  if (!isSigned) return undefined
  if (isRevocationList(children(parts[0]))) return refused('other-content', { found: 'X509 CRL' })
  return refused(isRequest(children(parts[0])) ? 'certificate-request' : 'certificate')
}

/**
 * Unchanged if it parses as a key, or if it is not well-formed ASN.1; otherwise re-encoded from BER
 * to DER.
 */
function privateKeyIn(bytes: Uint8Array, node: Node | undefined): PrivateKeySeen | undefined {
  if (bytes.length > privateKeyLimit) return undefined
  const asIs = kindOf(bytes)
  using der = Wiped.of(
    node === undefined || isKey(asIs) ? Uint8Array.from(bytes) : privateKeyInDer(node),
  )
  return kindOf(der.bytes) === undefined ? undefined : { kind: 'private-key', der: der.release() }
}

function isKey(kind: ReturnType<typeof kindOf>): boolean {
  return kind !== undefined && kind !== 'fault'
}

function kindOf(der: Uint8Array): PrivateKeyParts['kind'] | 'fault' | undefined {
  const found = readPrivateKeyForm(der)
  using _scalar = Wiped.of(found?.kind === 'ec' ? found.scalar : undefined)
  return found?.kind
}

/** RFC 2986: version, name, key, attributes. A certificate has a tagged version, or six parts. */
function isRequest(parts: readonly Node[]): boolean {
  return !isTagged(parts[0], 0) && smallInteger(parts[0]) === 0 && parts.length <= 4
}

/**
 * RFC 5280, section 5.1: after the version come an algorithm, a name and one time, where a
 * certificate has a validity period.
 */
function isRevocationList(parts: readonly Node[]): boolean {
  const [algorithm, name, time] = isInteger(parts[0]) ? parts.slice(1) : parts
  return isSequence(algorithm) && isSequence(name) && isTime(time)
}

function isLegacyPkcs12(der: Uint8Array): boolean {
  const hex = der.toHex()
  return legacyParts.some((part) => hex.includes(pkcs12Cipher + part))
}
