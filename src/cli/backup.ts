/** `holdfast material backup | restore`: encrypted backups and shares of material. */
import { existsSync } from 'node:fs'
import type { Secret } from '../crypto/secret.ts'
import {
  type AgeFault,
  BackupUnreadable,
  IdentityRefused,
  RecipientRefused,
} from '../custody/age-faults.ts'
import { type AgeLock, binaryAge, lockOfAge } from '../custody/age-file.ts'
import { identitiesIn, looksLikeIdentity, looksLikeRecipient } from '../custody/age-keys.ts'
import { type BackupKey, type BackupLock, openBackup, sealBackup } from '../custody/backup-file.ts'
import { isLongEnough, leastCharacters, proposePassphrase } from '../custody/passphrase.ts'
import { SharesError } from '../custody/share-faults.ts'
import { shareText } from '../custody/share-text.ts'
import { combineShares, makeShares, type Share, shareLimits } from '../custody/shares.ts'
import { linesIn } from '../domain/material/secret-text.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { forOwnerAlone } from '../domain/shell-word.ts'
import { CliFailure, type Failing } from './failure.ts'
import {
  checkOut,
  commitFiles,
  filesIn,
  prepareFiles,
  readFile,
  readSecretFile,
  readSecretText,
  shellWord,
  writeNewFile,
} from './files.ts'
import { type Print, print, printShown, progress } from './output.ts'
import {
  earlierPassphraseFromFile,
  passphraseFromFile,
  passphraseFromTerminal,
} from './passphrase-source.ts'

export type BackupFlags = {
  material: string
  out: string
  passphraseFile?: string
  recipient?: string[]
  shares?: string
  threshold?: string
}

const usualThreshold = '3'

/** An age file, or a folder with a file for each share. */
export async function backupMaterial({ json }: Print, flags: BackupFlags): Promise<void> {
  using material = Wiped.of(readSecretFile(flags.material))
  if (flags.shares !== undefined) return await writeShares({ json }, material.bytes, flags)
  checkOut([flags.out])
  const { lock, proposed } = await lockOf(flags, json)
  progress('encrypting the backup ...')
  using file = prepareFiles([{ path: flags.out, content: await sealed(material.bytes, lock) }])
  // Without its passphrase the file is worthless, so it is committed only after the passphrase was
  // shown.
  if (proposed !== undefined) await showPassphrase({ json }, flags.out, proposed)
  commitFiles(file)
  if (proposed !== undefined && json) return
  print({ json }, { file: flags.out }, [
    `${flags.out}: age file with the material; verify it with: holdfast material drill KEY --backup ${shellWord(flags.out)}`,
  ])
}

/** With --json this is the whole output. */
async function showPassphrase({ json }: Print, file: string, passphrase: string): Promise<void> {
  const lines = `passphrase: ${passphrase}\nwrite it down now: it is shown only once and stored nowhere`
  await printShown(json ? JSON.stringify({ file, passphrase }, null, 2) : lines)
}

async function writeShares(
  { json }: Print,
  material: Uint8Array,
  flags: BackupFlags,
): Promise<void> {
  const [count, threshold] = [
    whole('--shares', flags.shares as string),
    whole('--threshold', flags.threshold ?? usualThreshold),
  ]
  let shares: Share[]
  try {
    shares = await makeShares(material, count, threshold)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const hint =
      material.length > shareLimits.materialBytes.max
        ? '; back up a private key as an age file instead'
        : ''
    throw new CliFailure('usage', `${error.message}${hint}`, { cause: error })
  }
  const pages = shares.map((share) => ({
    path: `${flags.out}-share-${share.number}-of-${share.count}.txt`,
    content: Buffer.from(shareText(share)),
  }))
  commitFiles(prepareFiles(pages))
  const files = pages.map(({ path }) => path)
  print({ json }, { files, threshold }, [
    ...files,
    `any ${threshold} of these ${count} restore the material; keep each in a different place, and verify them with: holdfast material drill KEY --share FILE ...`,
  ])
}

/** Flags that open an age file. */
export type KeyFlags = { passphraseFile?: string; identity?: string }

export type SourceFlags = {
  material?: string
  backup?: string
  share?: string[]
  passphraseFile?: string
  identity?: string
}

export type RestoreFlags = SourceFlags & { out: string }

/** Writes the material of a backup to a file that only its owner can read. */
export async function restoreMaterial({ json }: Print, flags: RestoreFlags): Promise<void> {
  checkOut([flags.out])
  using material = Wiped.of(await fromBackup(flags))
  writeNewFile(flags.out, material.bytes)
  print({ json }, { file: flags.out }, [`${flags.out}: the material, as it was backed up`])
}

/**
 * The material in a backup.
 * @throws CliFailure.
 */
export async function fromBackup(flags: SourceFlags): Promise<Uint8Array> {
  const { backup, share } = flags
  if (share !== undefined) return fromShares(share)
  if (backup === undefined)
    throw new CliFailure(
      'usage',
      'give --backup FILE, or --share FILE for each share (or, for a drill, --material FILE)',
    )
  return openFile(readFile(backup), backup, flags)
}

/**
 * @param path names the age file in messages.
 * @returns memory that the caller wipes.
 * @throws CliFailure if it cannot be opened.
 */
export async function openFile(
  content: Uint8Array,
  path: string,
  flags: KeyFlags,
): Promise<Uint8Array> {
  try {
    // Inspect the file first, so that nobody is asked for a passphrase that cannot open it.
    const file = binaryAge(content)
    const key = await keyOf(flags, await lockOfAge(file))
    progress('opening the backup ...')
    return await openWith(file, key, flags)
  } catch (error) {
    if (!(error instanceof BackupUnreadable)) throw error
    const { failing, wayOut } = unreadable(error.fault, shellWord(path))
    throw new CliFailure(failing, `${path}: ${error.message}${wayOut}`, { cause: error })
  }
}

/**
 * @param flags name the passphrase file: earlier releases treated a byte order mark as part of the
 * passphrase, and their backups must open too.
 */
async function openWith(
  file: Uint8Array,
  key: BackupKey,
  { passphraseFile }: KeyFlags,
): Promise<Uint8Array> {
  try {
    return await openBackup(file, key)
  } catch (error) {
    const isOther = error instanceof BackupUnreadable && error.fault === 'passphrase'
    using earlier =
      isOther && passphraseFile !== undefined
        ? earlierPassphraseFromFile(passphraseFile)
        : undefined
    if (earlier === undefined) throw error
    return await openBackup(file, { passphrase: textOf(earlier) })
  }
}

/** Whether this is a usage error or a failed check, and what to do on this machine. */
function unreadable(fault: AgeFault, file: string): { failing: Failing; wayOut: string } {
  const wayOut: Partial<Record<AgeFault, string>> = {
    work: ` Run: ${forOwnerAlone(`age -d -o material.key ${file}`)}`,
    ssh: ` Run: ${forOwnerAlone(`age -d -i SSH_KEY -o material.key ${file}`)}`,
    plugin: ` Run: ${forOwnerAlone(`age -d -i IDENTITY -o material.key ${file}`)}`,
    'takes-passphrase': ' Omit --identity.',
    'takes-identity': ' Give the identity file with --identity.',
  }
  const isDamaged = ['cut', 'armor', 'header', 'content', 'line-breaks'].includes(fault)
  const isOther = ['passphrase', 'identity'].includes(fault)
  return { failing: isDamaged || isOther ? 'refused' : 'usage', wayOut: wayOut[fault] ?? '' }
}

async function fromShares(files: readonly string[]): Promise<Uint8Array> {
  const named = files.flatMap((file) => (file.endsWith('/') ? filesIn(file) : [file]))
  try {
    return await combineShares(
      named.map((file) =>
        readSecretText(file, (content) => new TextDecoder().decode(linesIn(content))),
      ),
    )
  } catch (error) {
    if (!(error instanceof SharesError)) throw error
    const where = error.source < 0 ? '' : `${named[error.source]}: `
    throw new CliFailure('refused', `${where}${error.message}`, { cause: error })
  }
}

async function lockOf(
  { passphraseFile, recipient }: BackupFlags,
  json: boolean,
): Promise<{ lock: BackupLock; proposed?: string }> {
  if (recipient !== undefined) return { lock: { recipients: recipient } }
  if (passphraseFile === undefined && (json || !process.stdin.isTTY)) {
    const proposed = proposePassphrase(
      (bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
    )
    return { lock: { passphrase: proposed }, proposed }
  }
  const passphrase = await passphraseOf(passphraseFile, true)
  if (!isLongEnough(passphrase))
    throw new CliFailure(
      'usage',
      `the passphrase of a backup must have at least ${leastCharacters} characters; ten random words make a good one`,
    )
  return { lock: { passphrase } }
}

/** @throws CliFailure for an unusable recipient. */
async function sealed(material: Uint8Array, lock: BackupLock): Promise<Uint8Array> {
  try {
    return await sealBackup(material, lock)
  } catch (error) {
    if (!(error instanceof RecipientRefused)) throw error
    const wrong = 'recipients' in lock ? lock.recipients.find((one) => existsSync(one)) : undefined
    const wayOut = {
      'not-a-recipient':
        wrong === undefined
          ? ''
          : ` It is a file; pass its content: --recipient "$(cat ${shellWord(wrong)})"`,
      invalid: '',
      ssh: ' Run: age-keygen -o identity.txt',
      plugin: '',
      identity: ' Print the recipient with: age-keygen -y FILE',
      mixed: '',
    }[error.fault]
    throw new CliFailure('usage', `${error.message}${wayOut}`, { cause: error })
  }
}

/**
 * @throws BackupUnreadable, before anything is prompted for or read, if the lock needs another kind
 * of key.
 */
async function keyOf({ passphraseFile, identity }: KeyFlags, lock: AgeLock): Promise<BackupKey> {
  if (lock === 'passphrase' && identity !== undefined)
    throw new BackupUnreadable('takes-passphrase')
  if (lock === 'identity' && identity === undefined) throw new BackupUnreadable('takes-identity')
  return identity === undefined
    ? { passphrase: await passphraseOf(passphraseFile, false) }
    : { identities: identitiesOf(identity) }
}

function identitiesOf(file: string): string[] {
  const text = readSecretText(file, (content) => new TextDecoder().decode(linesIn(content)))
  try {
    return identitiesIn(text)
  } catch (error) {
    if (!(error instanceof IdentityRefused)) throw error
    const isPassphrase = error.fault === 'not-an-identity' && text.trim().split('\n').length === 1
    const wayOut = isPassphrase
      ? ' If it is a passphrase, give the file with --passphrase-file.'
      : ''
    throw new CliFailure('usage', `${file}: ${error.message}${wayOut}`, { cause: error })
  }
}

/** age takes the passphrase as text, so it is converted here. */
async function passphraseOf(file: string | undefined, isNew: boolean): Promise<string> {
  if (file !== undefined) checkNoKeys(file, isNew)
  using secret: Secret =
    file === undefined
      ? await passphraseFromTerminal('Passphrase of the backup', isNew)
      : passphraseFromFile(file)
  return textOf(secret)
}

function textOf(secret: Secret): string {
  return secret.use((bytes) => Buffer.from(bytes).toString())
}

/**
 * Used as a passphrase file, an age key file would turn a public recipient or a stored identity
 * into the passphrase.
 */
function checkNoKeys(file: string, isNew: boolean): void {
  const text = readSecretText(file, (content) => content.toString())
  if (looksLikeIdentity(text))
    throw new CliFailure(
      'usage',
      `${file} holds an age identity, not a passphrase; ${isNew ? 'give its recipient with --recipient' : 'give the file with --identity'}`,
    )
  if (looksLikeRecipient(text))
    throw new CliFailure(
      'usage',
      `${file} holds an age recipient, not a passphrase; ${isNew ? `give it with --recipient "$(cat ${shellWord(file)})"` : 'give the file of the matching identity with --identity'}`,
    )
}

function whole(flag: string, text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new CliFailure('usage', `${flag} must be a whole number`)
  return Number(text)
}
