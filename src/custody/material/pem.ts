/**
 * PEM (RFC 7468) with anything around it: certificates, bag attributes, parameters, indentation,
 * line breaks written as two characters.
 */
import { isAsymmetric, type KeySpec } from '../../domain/keys/key-specs.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { lookAtDer } from './der-kinds.ts'
import type { PrivateKeySeen } from './formats.ts'
import { nameOfKey } from './private-key.ts'
import { decodeBase64 } from './text.ts'
import { refused, type Unread } from './verdicts.ts'

const privateLabel = /^(?:RSA |EC |DSA |ENCRYPTED |OPENSSH )?PRIVATE KEY$/
const legacyOnly = /^(?:DES-CBC|RC2|RC4|BF|CAST5|IDEA)/i

type Block = { readonly label: string; readonly body: string }

/** @returns undefined for text without PEM. */
export function readPem(given: string, spec: KeySpec): PrivateKeySeen | Unread | undefined {
  // A public key, known_hosts or authorized_keys.
  if (
    /(?:^|\s)(?:sk-)?(?:ssh-|ecdsa-sha2-)\S+ AAAA/m.test(given) ||
    given.includes('---- BEGIN SSH2 PUBLIC KEY')
  )
    return refused('public-key')
  // As in JSON and environment variables: a line break is the characters \ and n.
  const text = given.replaceAll(/\\r?\\n|\\n/g, '\n')
  const first = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1]
  if (first === undefined)
    return /-----END [A-Z0-9 ]*PRIVATE KEY-----/.test(text) ? refused('pem-cut') : undefined
  if (first === 'PGP MESSAGE') return refused('pgp-message', { command: 'pgp-message' })
  if (first.startsWith('PGP ')) return refused(first.includes('PRIVATE') ? 'pgp-key' : 'public-key')
  const blocks = blocksOf(text)
  const keys = blocks.filter(({ label }) => privateLabel.test(label))
  const begun = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].filter(([, label = '']) =>
    privateLabel.test(label),
  ).length
  if (begun > keys.length) return refused('pem-cut')
  const [key, ...others] = keys
  if (key === undefined) return withoutKey(first)
  if (others.length > 0)
    return refused('several', { n: keys.length, found: keys.map(nameOf).join(', ') })
  return readBlock(key, spec)
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)].map(
    ([, label = '', body = '']) => ({
      label,
      body,
    }),
  )
}

function withoutKey(label: string): Unread {
  if (label.includes('CERTIFICATE REQUEST')) return refused('certificate-request')
  if (label.includes('CERTIFICATE') || label === 'PKCS7') return refused('certificate')
  return label.includes('PUBLIC KEY')
    ? refused('public-key')
    : refused('other-content', { found: label })
}

function readBlock({ label, body }: Block, spec: KeySpec): PrivateKeySeen | Unread {
  if (label === 'OPENSSH PRIVATE KEY') return openssh(body)
  const cipher = /DEK-Info:\s*([A-Za-z0-9-]+)/.exec(body)?.[1]
  if (cipher !== undefined) {
    if (!isAsymmetric(spec)) return refused('other-kind')
    return refused('cipher', { cipher, command: legacyOnly.test(cipher) ? 'pem-legacy' : 'pem' })
  }
  using der = Wiped.of(decodeBase64(body))
  return (der.bytes && lookAtDer(der.bytes, 'pem')) ?? refused('pem-damaged')
}

/** The kind of the key is in the clear, before the part that may be encrypted. */
function openssh(body: string): Unread {
  using key = Wiped.of(decodeBase64(body))
  const isEdwards =
    key.bytes !== undefined &&
    new TextDecoder('latin1').decode(key.bytes.subarray(0, 200)).includes('ssh-ed25519')
  return refused(isEdwards ? 'openssh-ed25519' : 'openssh', { command: 'openssh' })
}

function nameOf({ label, body }: Block): string {
  if (label === 'OPENSSH PRIVATE KEY') return 'OpenSSH'
  if (label.startsWith('ENCRYPTED') || body.includes('DEK-Info:')) return 'encrypted'
  using der = Wiped.of(decodeBase64(body))
  return (der.bytes && nameOfKey(der.bytes)) ?? 'unreadable'
}
