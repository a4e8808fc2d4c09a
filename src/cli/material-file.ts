/**
 * Reads material from an owner's file, with the same reader as the console. Where the console asks,
 * the command line has a flag.
 */

import { notOpened, openEncryptedPkcs8, planOf } from '../custody/material/encrypted-pkcs8.ts'
import { look, lookInBackup, type PrivateKeySeen, type Seen } from '../custody/material/formats.ts'
import { privateKeyFor } from '../custody/material/private-key.ts'
import {
  commandFor,
  readingSentence,
  refused,
  tooLarge,
  type Unread,
} from '../custody/material/verdicts.ts'
import { type AsymmetricSpec, isAsymmetric, type KeySpec } from '../domain/keys/key-specs.ts'
import { secretCopy } from '../domain/material/secret-bytes.ts'
import { Wiped, wipe } from '../domain/material/wiped.ts'
import { openFile } from './backup.ts'
import { CliFailure } from './failure.ts'
import { readSecretFile, shellWord, sizeOf } from './files.ts'
import { passphraseFromFile, passphraseFromTerminal } from './passphrase-source.ts'

/** How a file is read. */
export type ReadFlags = {
  /** raw, hex, base64 or raw-line, if more than one fits. */
  readonly reading?: string
  readonly passphraseFile?: string
  readonly identity?: string
}

const readings = ['raw', 'hex', 'base64', 'raw-line'] as const

/**
 * Material of `spec` in the form in which it is wrapped: raw bytes, or PKCS#8 in DER.
 * @returns memory that the caller wipes.
 * @throws CliFailure with the sentence of the verdict and, where one exists, the remedy.
 */
export function materialFrom(path: string, spec: KeySpec, flags: ReadFlags): Promise<Buffer> {
  const large = tooLarge(sizeOf(path))
  if (large !== undefined) throw unread(large, path)
  return materialOf(readSecretFile(path), path, spec, flags)
}

/** @param content wiped. */
async function materialOf(
  content: Uint8Array,
  path: string,
  spec: KeySpec,
  flags: ReadFlags,
): Promise<Buffer> {
  using given = Wiped.of(content)
  checkReading(flags)
  const seen = look(given.bytes, false, spec)
  if (seen.kind !== 'age') return taken(seen, path, spec, flags)
  return materialOfBackup(await openFile(seen.file, path, flags), path, spec, flags)
}

/**
 * The same for the content of an opened backup.
 * @param content wiped.
 * @param path names the backup in messages.
 */
export async function materialOfBackup(
  content: Uint8Array,
  path: string,
  spec: KeySpec,
  flags: ReadFlags,
): Promise<Buffer> {
  using opened = Wiped.of(content)
  checkReading(flags)
  const seen = lookInBackup(opened.bytes, spec)
  if (seen.kind === 'age') throw unread(refused('nested'), path)
  return taken(seen, path, spec, flags)
}

function checkReading({ reading }: ReadFlags): void {
  if (reading !== undefined && !readings.some((one) => one === reading))
    throw new CliFailure('usage', `--reading must be one of: ${readings.join(', ')}`)
}

async function taken(
  seen: Exclude<Seen, { kind: 'age' }>,
  path: string,
  spec: KeySpec,
  flags: ReadFlags,
): Promise<Buffer> {
  switch (seen.kind) {
    case 'refused':
      throw unread(seen, path)
    case 'symmetric':
      return chosen(seen.readings, path, flags)
    case 'material':
      return bufferOf(seen.material)
    case 'line-break':
      return withoutLineBreak(seen.material, path, flags)
    default:
      if (!isAsymmetric(spec)) throw new TypeError('a private key for a key that takes bytes')
      return privateKey(seen, path, spec, flags)
  }
}

type Fitting = (Seen & { kind: 'symmetric' })['readings']

function chosen(fitting: Fitting, path: string, { reading }: ReadFlags): Buffer {
  const [only, ...others] =
    reading === undefined ? fitting : fitting.filter((one) => one.reading === reading)
  for (const { material } of fitting)
    if (material !== only?.material || others.length > 0) wipe(material)
  if (only !== undefined && others.length === 0) return bufferOf(only.material)
  const names = fitting.map((one) => one.reading)
  if (reading !== undefined)
    throw new CliFailure(
      'usage',
      `${path}: read as ${reading}, it has the wrong size; the right size results from ${names.join(' or ')}`,
    )
  const ways = names.map((name) => `--reading ${name}`).join(' or ')
  throw new CliFailure(
    'usage',
    `${path}: More than one reading gives the right size, so only you can tell: add ${ways}`,
  )
}

function withoutLineBreak(material: Uint8Array, path: string, { reading }: ReadFlags): Buffer {
  using held = Wiped.of(material)
  if (reading === 'raw-line') return bufferOf(held.release())
  throw new CliFailure(
    'usage',
    `${path}: The file ends with a line break after ${held.bytes.length} bytes. To leave it out, add --reading raw-line`,
  )
}

async function privateKey(
  seen: PrivateKeySeen,
  path: string,
  spec: AsymmetricSpec,
  flags: ReadFlags,
): Promise<Buffer> {
  const key = privateKeyFor(
    spec,
    seen.kind === 'private-key' ? seen.der : await opened(seen, path, flags),
  )
  if (key.kind === 'refused') throw unread(key, path)
  return bufferOf(key.pkcs8)
}

async function opened(
  seen: PrivateKeySeen & { kind: 'encrypted-pkcs8' },
  path: string,
  { passphraseFile }: ReadFlags,
): Promise<Uint8Array> {
  using der = Wiped.of(seen.der)
  const plan = planOf(der.bytes)
  if ('kind' in plan) throw unread(notOpened(plan, seen), path)
  using passphrase =
    passphraseFile === undefined
      ? await passphraseFromTerminal('Passphrase of the private key', false)
      : passphraseFromFile(passphraseFile)
  using copy = Wiped.of(passphrase.use((bytes) => secretCopy(bytes)))
  const result = await openEncryptedPkcs8(der.bytes, copy.bytes)
  if (result.kind === 'opened') return result.pkcs8
  throw unread(notOpened(result, seen), path)
}

function unread(verdict: Unread, path: string): CliFailure {
  const command = commandFor(verdict, shellWord(path))
  const lines = [
    `${path}: ${readingSentence(verdict)}`,
    ...(command === undefined ? [] : [`  ${command}`]),
  ]
  return new CliFailure(isChecked(verdict.reason) ? 'refused' : 'usage', lines.join('\n'))
}

/** The file is of the right kind, but its content is wrong. */
function isChecked(reason: Unread['reason']): boolean {
  return reason === 'passphrase-wrong' || reason === 'other-spec' || reason.startsWith('key-')
}

/** A view, not a copy. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
