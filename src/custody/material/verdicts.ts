/**
 * What is said about bytes that are not the material that was looked for: a code, its values, one
 * English sentence and, where there is a way, the command that converts the file. The command line
 * and the console say the same.
 */

import { type PrivateKeyFault, privateKeyFaults } from '../../domain/material/private-key-faults.ts'
import { forOwnerAlone } from '../../domain/shell-word.ts'
import { type AgeFault, ageSentences } from '../age-faults.ts'

/** How bytes are written down, where a person has to say which is meant. */
export type Reading = 'raw' | 'hex' | 'base64'

/** Sentences by code; what is in braces are the values. */
export const readingSentences = {
  empty: 'The file is empty. Choose the file that holds your material.',
  blank: 'This holds only blanks and line breaks. Choose the file that holds your material.',
  large:
    'This file has {m} bytes; what holds key material has at most {most}. Choose another file.',
  size: '{spec} needs exactly {n} bytes; this is {m}.',
  'hex-slip': '{good} of {all} characters are hexadecimal; character {place} is not.',
  'hex-odd': 'This has {m} hexadecimal digits; {spec} needs {n}.',
  'utf-16':
    'This text is UTF-16, as PowerShell and some Windows editors save it. Convert it to UTF-8 with the command below.',
  'dump-words':
    'This is a dump in words or with repeated lines left out, so it does not say each byte in its order. Make it again with: xxd -p',
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
    'This is a key store, and no command takes a secret key from it. In Java, KeyStore.getKey(alias, password).getEncoded() gives the bytes to bring.',
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
    'This is text with names or quotes around a value, such as .env, YAML or JSON. Put the value alone into a file: hexadecimal, base64 or PEM.',
  base32: 'This is base32, which is not read here. Convert it with the command below.',
  several:
    'This file holds {n} private keys ({found}), and an import takes one. Put the key that you mean into a file of its own.',
  openssh: 'This is a private key in OpenSSH format. Convert it to PKCS#8 with the command below.',
  'openssh-ed25519':
    'This is an Ed25519 key in OpenSSH format. Convert it to PKCS#8 with the command below; it needs OpenSSH 9.6 or later.',
  putty: 'This is a PuTTY private key. Convert it with the command below.',
  pkcs12: 'This is a PKCS#12 file. Take the private key from it with the command below.',
  jks: 'This is a Java key store. Convert it to PKCS#12 with the command below, and bring what that holds.',
  'pgp-message': 'This file is encrypted with PGP. Decrypt it with the command below.',
  'pgp-key':
    'This is a PGP key, which holds more than one key and cannot be imported. Bring PKCS#8, PKCS#1 or SEC1.',
  wrapped: 'The material in this file is already wrapped. Import it as wrapped material.',
  parameters:
    'This file holds the parameters of an import, not material. Wrap your material under its public key.',
  'jwk-incomplete': 'This JWK lacks what a private key needs ({found}).',
  'jwk-primes': 'This JWK is an RSA key of more than two primes, which is not taken.',
  'jwk-twice':
    'This JWK says "{found}" twice, so nobody can tell which is meant. Keep the right one.',
  'jwk-damaged':
    'This JWK is inconsistent: the parts of its key do not belong together, or are not base64url.',
  cipher:
    'The private key is encrypted with {cipher}, which is not read here. Convert it with the command below.',
  work: 'The passphrase of this file takes more work to check than is done here. Convert it with the command below.',
  'passphrase-wrong':
    'That passphrase does not open this file. Try again; the file was not changed.',
  nested: 'This backup holds another backup. Restore it first.',
  'locked-inside':
    'This backup holds a private key under a passphrase of its own, which is not asked for here. Restore it first, or choose another backup.',
  'pem-cut': 'The private key in this file is cut short: its PEM lacks its beginning or its end.',
  'pem-damaged': 'The private key in this file is damaged: there is no key between BEGIN and END.',
  unreadable: 'No private key can be read here. Bring PKCS#8, PKCS#1 or SEC1, as PEM or DER.',
} as const satisfies Readonly<Record<string, string>>

/** A private key that no key takes, or not this one: the server says so too. */
export const keyFaultSentence = 'This private key cannot be a key of {spec}: {fault}.'

/** What follows the sentence about a size: how the bytes were read. */
export const readAs = {
  raw: 'It was read as raw bytes.',
  hex: 'It was read as hexadecimal.',
  base64: 'It was read as base64.',
} as const satisfies Readonly<Record<Reading, string>>

export type ReadingFault = keyof typeof readingSentences
export type VerdictValues = Readonly<Record<string, string | number>>

/** The answer to bytes that are not what was looked for. */
export type Unread = {
  readonly kind: 'refused'
  readonly reason: ReadingFault | `age-${AgeFault}` | `key-${PrivateKeyFault}`
  readonly values: VerdictValues
}

/**
 * @param values what the sentence has in braces; size also has `reading`, some have `command` and
 * `written`.
 */
export function refused(reason: Unread['reason'], values: VerdictValues = {}): Unread {
  return { kind: 'refused', reason, values }
}

/**
 * Longest file that is looked at, in bytes: a key store with many certificates has some 100 KB, and
 * no key is as long.
 */
const fileLimit = 1_000_000

/** For a file of this size, which nobody has to read; undefined where it is within the limit. */
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
 * How each kind of file becomes one that is read; FILE is its name. OpenSSL 3 has old ciphers only
 * with its legacy provider.
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

/** How a file that holds another one as text becomes that one. */
const decoders = {
  base64: "tr -d '\\r' < FILE | tr '_-' '/+' | base64 -d > decoded.key",
  hex: 'tr -cd 0-9A-Fa-f < FILE | xxd -r -p > decoded.key',
} as const

/** In which text a file was found that programs do not read in it. */
export type Written = keyof typeof decoders

/** @param file its name, as a shell takes it. @returns undefined where no command helps. */
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
