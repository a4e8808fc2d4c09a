/** `holdfast material backup | restore | drill`: encrypted backups and shares of material, and the proof that one holds it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Secret } from '../crypto/secret.ts'
import { keySpec } from '../domain/key-specs.ts'
import { type BackupKey, type BackupLock, BackupUnreadable, openBackup, sealBackup } from '../owner/backup-file.ts'
import { isLongEnough, leastCharacters, proposePassphrase } from '../owner/passphrase.ts'
import { combineShares, makeShares, type Share, SharesError, shareLimits } from '../owner/shares.ts'
import { CliFailure } from './failure.ts'
import { readFile, readSecretFile, writeNewFile } from './files.ts'
import { type Context, findKey } from './keys.ts'
import { type Print, print, progress, time } from './output.ts'
import { passphraseFromFile, passphraseFromTerminal } from './passphrase-source.ts'
import { materialOf, wrapMaterial } from './wrapping.ts'

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
  const material = readSecretFile(flags.material)
  try {
    if (flags.shares !== undefined) return writeShares({ json }, material, flags)
    const { lock, proposed } = await lockOf(flags, json)
    progress('sealing it ...')
    writeNewFile(flags.out, await sealBackup(material, lock))
    const told =
      proposed === undefined ? [] : [`passphrase: ${proposed}`, 'write it down now: it is shown this once and kept nowhere']
    print({ json }, { file: flags.out, ...(proposed !== undefined && { passphrase: proposed }) }, [
      ...told,
      `${flags.out}: an age file that holds the material; prove it with: holdfast material drill KEY --backup ${flags.out}`,
    ])
  } finally {
    material.fill(0)
  }
}

async function writeShares({ json }: Print, material: Uint8Array, flags: BackupFlags): Promise<void> {
  const [count, threshold] = [whole('--shares', flags.shares as string), whole('--threshold', flags.threshold ?? usualThreshold)]
  let shares: Share[]
  try {
    shares = await makeShares(material, count, threshold)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const hint = material.length > shareLimits.materialBytes.max ? '; a private key goes into an age file' : ''
    throw new CliFailure('usage', `${error.message}${hint}`, { cause: error })
  }
  const files = shares.map((share) => {
    const file = `${flags.out}-share-${share.number}-of-${share.count}.txt`
    writeNewFile(file, Buffer.from(shareText(share)))
    return file
  })
  print({ json }, { files, threshold }, [
    ...files,
    `any ${threshold} of these ${count} give the material back; keep each in another place, and prove them with: holdfast material drill KEY --share FILE ...`,
  ])
}

/** One share on its own page: numbered words, so that a missing one is seen. */
function shareText({ number, count, threshold, set, words }: Share): string {
  const lines = [`Holdfast share ${number} of ${count}, set ${set}. Any ${threshold} of them give the material back.`, '']
  for (let i = 0; i < words.length; i += 4)
    lines.push(
      words
        .slice(i, i + 4)
        .map((word, j) => `${String(i + j + 1).padStart(2)} ${word.padEnd(10)}`)
        .join(' ')
        .trimEnd(),
    )
  return `${lines.join('\n')}\n`
}

export type SourceFlags = {
  material?: string
  backup?: string
  share?: string[]
  passphraseFile?: string
  identity?: string
}

/** Material out of a backup, in a file for its owner alone. */
export async function restoreMaterial({ json }: Print, flags: SourceFlags & { out: string }): Promise<void> {
  const material = await fromBackup(flags)
  try {
    writeNewFile(flags.out, material)
  } finally {
    material.fill(0)
  }
  print({ json }, { file: flags.out }, [`${flags.out}: the material as it was when the backup was made`])
}

/** Proves that a backup holds the material of a key: it is compared there and wiped. Nothing is imported. */
export async function drillMaterial({ kms, json }: Context, name: string, flags: SourceFlags): Promise<void> {
  const key = await findKey(kms, name)
  const spec = keySpec(key.key_spec)
  const content = flags.material === undefined ? await fromBackup(flags) : readSecretFile(flags.material)
  const material = materialOf(Buffer.from(content.buffer, content.byteOffset, content.byteLength), spec)
  try {
    progress('getting a wrapping key for this drill ...')
    const { token, public_key } = await kms.admin('POST', `/keys/${key.key_id}/drill-parameters`, {})
    const parameters = { key_id: key.key_id, import_token: token, public_key }
    const { encrypted_key_material, encrypted_privatekey } = wrapMaterial(parameters, material, spec)
    const answer = await kms.admin('POST', `/keys/${key.key_id}/drill`, {
      token,
      wrapped_material: encrypted_key_material,
      ...(encrypted_privatekey !== undefined && { wrapped_private_key: encrypted_privatekey }),
    })
    print({ json }, answer, [
      `this backup holds the material of ${key.key_alias}; nothing was imported, the drill is recorded (${time(String(answer.drilled_at))})`,
    ])
  } finally {
    material.fill(0)
  }
}

async function fromBackup(flags: SourceFlags): Promise<Uint8Array> {
  if (flags.share !== undefined) return fromShares(flags.share)
  if (flags.backup === undefined)
    throw new CliFailure('usage', 'give --backup FILE, or --share FILE for each share, or --material FILE where there is one')
  const file = readFile(flags.backup)
  const key = await keyOf(flags)
  progress('opening the backup ...')
  try {
    return await openBackup(file, key)
  } catch (error) {
    if (error instanceof BackupUnreadable) throw new CliFailure('refused', `${flags.backup}: ${error.message}`, { cause: error })
    throw error
  }
}

async function fromShares(files: readonly string[]): Promise<Uint8Array> {
  const named = files.flatMap((file) => (file.endsWith('/') ? readdirSync(file).map((name) => join(file, name)) : [file]))
  try {
    return await combineShares(named.map((file) => wordsIn(readSecretFile(file))))
  } catch (error) {
    if (!(error instanceof SharesError)) throw error
    const where = error.which < 0 ? '' : `${named[error.which]}: `
    throw new CliFailure('refused', `${where}${error.message}`, { cause: error })
  }
}

/** The words of a share's file: what stands before the first empty line is for people. */
function wordsIn(content: Buffer): string {
  const text = content.toString()
  content.fill(0)
  return text.includes('\n\n') ? text.slice(text.indexOf('\n\n')) : text
}

async function lockOf(
  { passphraseFile, recipient }: BackupFlags,
  json: boolean,
): Promise<{ lock: BackupLock; proposed?: string }> {
  if (recipient !== undefined) return { lock: { recipients: recipient } }
  if (passphraseFile === undefined && (json || !process.stdin.isTTY)) {
    const proposed = proposePassphrase((bytes) => void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>))
    return { lock: { passphrase: proposed }, proposed }
  }
  const passphrase = await passphraseOf(passphraseFile, true)
  if (!isLongEnough(passphrase))
    throw new CliFailure(
      'usage',
      `a passphrase for a backup has at least ${leastCharacters} characters; ten words make a good one`,
    )
  return { lock: { passphrase } }
}

async function keyOf({ passphraseFile, identity }: SourceFlags): Promise<BackupKey> {
  if (identity === undefined) return { passphrase: await passphraseOf(passphraseFile, false) }
  const content = readSecretFile(identity)
  const identities = content.toString().match(/^AGE-SECRET-KEY-\S+$/gm) ?? []
  content.fill(0)
  if (identities.length === 0) throw new CliFailure('usage', `${identity} holds no identity of age`)
  return { identities }
}

/** age takes a passphrase as text, and so it becomes one here. */
async function passphraseOf(file: string | undefined, isNew: boolean): Promise<string> {
  using secret: Secret =
    file === undefined ? await passphraseFromTerminal('Passphrase of the backup', isNew) : passphraseFromFile(file)
  return secret.use((bytes) => Buffer.from(bytes).toString())
}

function whole(flag: string, text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new CliFailure('usage', `${flag} is a whole number`)
  return Number(text)
}
