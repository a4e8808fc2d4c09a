/**
 * Verdicts on bytes that are not the expected material: a code, its values, one English sentence
 * and, where one exists, the command that converts the file. The command line and the console show
 * the same.
 */

import { type PrivateKeyFault, privateKeyFaults } from '../../domain/material/private-key-faults.ts'
import { forOwnerAlone } from '../../domain/shell-word.ts'
import { type AgeFault, ageSentences } from '../age-faults.ts'

/** Encodings that a person has to choose between when several fit. */
export type Reading = 'raw' | 'hex' | 'base64'

/** Sentences by code, with placeholders in braces. */
export const readingSentences = {
  empty: 'The file is empty. Choose the file that holds your material.',
  blank: 'This holds only blanks and line breaks. Choose the file that holds your material.',
  large:
    'This file has {m} bytes; a file with key material has at most {most}. Choose another file.',
  size: '{spec} needs exactly {n} bytes; this is {m}.',
  'hex-slip': '{good} of {all} characters are hexadecimal; character {place} is not.',
  'hex-odd': 'This has {m} hexadecimal digits; {spec} needs {n}.',
  'utf-16':
    'This text is UTF-16, as PowerShell and some Windows editors save it. Convert it to UTF-8 with the command below.',
  'dump-words':
    'This is a dump in words or with repeated lines left out, so it does not show every byte in order. Dump the file again with: xxd -p',
  'dump-cut':
    'Line {line} of this dump does not continue the line before. Look for lines that are missing.',
  'other-kind': 'This is a private key; the key takes symmetric material.',
  'other-kind-found': 'This is a private key ({found}); the key takes symmetric material.',
  'other-kind-secret': 'This is symmetric material; a key of {spec} takes a private key.',
  'other-spec':
    'This is a {found} key; the key you made is {spec}. Choose another file, or create a key for {found}.',
  'public-key': 'This file holds a public key. Import needs the private key.',
  certificate: 'This file holds a certificate. Import needs the private key that belongs to it.',
  'certificate-request':
    'This file holds a certificate request. Import needs the private key that belongs to it.',
  'no-secret':
    'This file holds a public key or a certificate, which anyone may know; the key takes symmetric material.',
  'key-store':
    'This is a key store, and no command extracts a secret key from it. In Java, KeyStore.getKey(alias, password).getEncoded() returns the bytes to import.',
  'other-content': 'This file holds {found}, which is not a key that can be imported.',
  archive:
    'This is an archive ({found}). Unpack it, and choose the file in it that holds your material.',
  image: 'This is an image ({found}), not key material. If it shows a key, type what it shows.',
  document:
    'This is a document ({found}), not key material. If it shows a key, type what it shows.',
  'web-page':
    'This is a web page or the answer of a server (HTML or XML), perhaps an error that was saved instead of the file. Download the file again.',
  'is-identity':
    'This is an age identity, which opens backups. Choose the backup; the identity is asked for then.',
  'is-share': 'This is a share of a backup. Give it as a share, together with the other shares.',
  settings:
    'This text has names or quotes around a value, as in .env, YAML or JSON. Put only the value into a file: hexadecimal, base64 or PEM.',
  base32: 'This is base32, which is not supported here. Convert it with the command below.',
  several:
    'This file holds {n} private keys ({found}), and an import takes one. Put the key you want into its own file.',
  openssh: 'This is a private key in OpenSSH format. Convert it to PKCS#8 with the command below.',
  'openssh-ed25519':
    'This is an Ed25519 key in OpenSSH format. Convert it to PKCS#8 with the command below; it needs OpenSSH 9.6 or later.',
  putty: 'This is a PuTTY private key. Convert it with the command below.',
  pkcs12: 'This is a PKCS#12 file. Extract the private key with the command below.',
  jks: 'This is a Java key store. Convert it to PKCS#12 with the command below, and use the result.',
  'pgp-message': 'This file is encrypted with PGP. Decrypt it with the command below.',
  'pgp-key':
    'This is a PGP key, which holds more than one key and cannot be imported. Use PKCS#8, PKCS#1 or SEC1.',
  wrapped: 'The material in this file is already wrapped. Import it as wrapped material.',
  parameters:
    'This file holds the parameters of an import, not material. Wrap your material under its public key.',
  'jwk-incomplete': 'This JWK lacks what a private key needs ({found}).',
  'jwk-primes': 'This JWK is an RSA key with more than two primes, which is not supported.',
  'jwk-twice': 'This JWK contains "{found}" twice, so it is ambiguous. Keep only the right one.',
  'jwk-damaged':
    'This JWK is inconsistent: the parts of its key do not belong together, or are not base64url.',
  cipher:
    'The private key is encrypted with {cipher}, which is not supported here. Convert it with the command below.',
  work: 'Checking the passphrase of this file takes more work than is allowed here. Convert it with the command below.',
  'passphrase-wrong':
    'That passphrase does not open this file. Try again; the file was not changed.',
  nested: 'This backup holds another backup. Restore it first.',
  'locked-inside':
    'This backup holds a private key with its own passphrase, which cannot be entered here. Restore it first, or choose another backup.',
  'pem-cut':
    'The private key in this file is cut short: the beginning or the end of its PEM is missing.',
  'pem-damaged': 'The private key in this file is damaged: there is no key between BEGIN and END.',
  unreadable: 'No private key could be read from this. Use PKCS#8, PKCS#1 or SEC1, as PEM or DER.',
} as const satisfies Readonly<Record<string, string>>

/** A private key that this key or any key rejects; the server uses the same words. */
export const keyFaultSentence = 'This private key cannot be a key of {spec}: {fault}.'

/** How the bytes were read; follows the sentence about a size. */
export const readAs = {
  raw: 'It was read as raw bytes.',
  hex: 'It was read as hexadecimal.',
  base64: 'It was read as base64.',
} as const satisfies Readonly<Record<Reading, string>>

export type ReadingFault = keyof typeof readingSentences
export type VerdictValues = Readonly<Record<string, string | number>>

/** The verdict on bytes that are not the expected material. */
export type Unread = {
  readonly kind: 'refused'
  readonly reason: ReadingFault | `age-${AgeFault}` | `key-${PrivateKeyFault}`
  readonly values: VerdictValues
}

/**
 * @param values for the placeholders of the sentence; size also has `reading`, some have `command`
 * and `written`.
 */
export function refused(reason: Unread['reason'], values: VerdictValues = {}): Unread {
  return { kind: 'refused', reason, values }
}

/**
 * Longest file that is inspected, in bytes: a key store with many certificates has about 100 KB,
 * and no key is that long.
 */
const fileLimit = 1_000_000

/** The verdict on a file of this size, without reading it; undefined if it is within the limit. */
export function tooLarge(sizeBytes: number): Unread | undefined {
  return sizeBytes > fileLimit ? refused('large', { m: sizeBytes, most: fileLimit }) : undefined
}

/** The sentence, filled in. */
export function readingSentence({ reason, values }: Unread): string {
  const sentence = sentenceOf(reason).replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String(values[name]),
  )
  const { reading } = values
  return reading === 'raw' || reading === 'hex' || reading === 'base64'
    ? `${sentence} ${readAs[reading]}`
    : sentence
}

function sentenceOf(reason: Unread['reason']): string {
  return sentences.get(reason) ?? reason
}

const sentences: ReadonlyMap<string, string> = new Map([
  ...Object.entries(readingSentences),
  ...Object.entries(ageSentences).map(([fault, sentence]): [string, string] => [
    `age-${fault}`,
    sentence,
  ]),
  ...Object.entries(privateKeyFaults).map(([fault, clause]): [string, string] => [
    `key-${fault}`,
    keyFaultSentence.replace('{fault}', clause),
  ]),
])

/**
 * Commands that convert each kind of file to a readable one; FILE is its name. OpenSSL 3 has old
 * ciphers only in its legacy provider.
 */
const commands = {
  'utf-16': 'iconv -f UTF-16 -t UTF-8 FILE > key.txt',
  'utf-16le': 'iconv -f UTF-16LE -t UTF-8 FILE > key.txt',
  'utf-16be': 'iconv -f UTF-16BE -t UTF-8 FILE > key.txt',
  base32: 'base32 -d FILE > material.bin',
  gzip: 'gzip -dc FILE > material.bin',
  zip: 'unzip FILE',
  openssh: 'cp FILE key.pem && ssh-keygen -p -N "" -m PKCS8 -f key.pem',
  putty: 'puttygen FILE -O private-openssh -o key.pem',
  pkcs12: 'openssl pkcs12 -in FILE -nocerts -nodes -out key.pem',
  'pkcs12-legacy': 'openssl pkcs12 -legacy -in FILE -nocerts -nodes -out key.pem',
  jks: 'keytool -importkeystore -srckeystore FILE -srcstoretype JKS -destkeystore key.p12 -deststoretype PKCS12',
  jceks:
    'keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore key.p12 -deststoretype PKCS12',
  'pgp-message': 'gpg --decrypt --output material.bin FILE',
  pem: 'openssl pkcs8 -topk8 -in FILE -out key.pem',
  'pem-legacy': 'openssl pkcs8 -topk8 -provider legacy -provider default -in FILE -out key.pem',
  der: 'openssl pkcs8 -topk8 -inform DER -in FILE -out key.pem',
  'der-legacy':
    'openssl pkcs8 -topk8 -provider legacy -provider default -inform DER -in FILE -out key.pem',
} as const

export type Command = keyof typeof commands

/** Commands that decode a file which contains another one as text. */
const decoders = {
  base64: "tr -d '\\r' < FILE | tr '_-' '/+' | base64 -d > decoded.key",
  hex: 'tr -cd 0-9A-Fa-f < FILE | xxd -r -p > decoded.key',
} as const

/** Text encodings around a file that programs do not decode themselves. */
export type Written = keyof typeof decoders

/**
 * @param file its name, quoted for a shell.
 * @returns undefined if no command helps.
 */
export function commandFor(
  { values }: { readonly values: VerdictValues },
  file: string,
): string | undefined {
  const { command, written } = values
  if (!isOneOf(commands, command)) return undefined
  const line = commands[command]
  if (!isOneOf(decoders, written)) return forOwnerAlone(line.replace('FILE', () => file))
  const decoded = decoders[written].replace('FILE', () => file)
  return forOwnerAlone(`${decoded} && ${line.replace('FILE', 'decoded.key')}`)
}

function isOneOf<T extends object>(table: T, name: unknown): name is keyof T {
  return typeof name === 'string' && Object.hasOwn(table, name)
}
