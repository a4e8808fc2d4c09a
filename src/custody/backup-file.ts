/**
 * Encrypted backups of material: age files (age-encryption.org/v1), which every age implementation
 * can open. The file holds the bare material and nothing else: raw bytes, or PKCS#8 in DER. Runs in
 * Node and in browsers.
 */
import { Decrypter, Encrypter } from 'age-encryption'
import { Wiped } from '../domain/material/wiped.ts'
import { BackupUnreadable } from './age-faults.ts'
import { binaryAge, headerBytesOf, isContentCut, lockOfAge } from './age-file.ts'
import { encrypterFor } from './age-keys.ts'

/**
 * What encrypts a backup. age takes text, which cannot be wiped, so callers drop it as soon as
 * possible.
 */
export type BackupLock =
  | { readonly passphrase: string }
  | { readonly recipients: readonly string[] }
/** What opens a backup. */
export type BackupKey = { readonly passphrase: string } | { readonly identities: readonly string[] }

/** @param material left unchanged. @throws RecipientRefused. */
export async function sealBackup(material: Uint8Array, lock: BackupLock): Promise<Uint8Array> {
  const encrypter = 'passphrase' in lock ? new Encrypter() : encrypterFor(lock.recipients)
  if ('passphrase' in lock) encrypter.setPassphrase(lock.passphrase)
  return encrypter.encrypt(material)
}

/**
 * @param file in either form, left unchanged.
 * @returns the material in memory that the caller wipes.
 * @throws BackupUnreadable, which distinguishes a wrong key from a damaged file.
 */
export async function openBackup(file: Uint8Array, key: BackupKey): Promise<Uint8Array> {
  const binary = binaryAge(file)
  const lock = await lockOfAge(binary)
  if ('passphrase' in key && lock !== 'passphrase') throw new BackupUnreadable('takes-identity')
  if ('identities' in key && lock !== 'identity') throw new BackupUnreadable('takes-passphrase')
  using fileKey = Wiped.of(await fileKeyOf(binary, key))
  return await openContent(binary, fileKey.bytes)
}

/** Opens the header. A wrong key and a modified header are different faults. */
async function fileKeyOf(file: Uint8Array, key: BackupKey): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  if ('passphrase' in key) decrypter.addPassphrase(key.passphrase)
  else for (const identity of key.identities) decrypter.addIdentity(identity)
  let isRefused = false
  // Identities are tried in turn: the last one is only tried if none before it opened the file.
  decrypter.addIdentity({
    unwrapFileKey: () => {
      isRefused = true
      return null
    },
  })
  try {
    return await decrypter.decryptHeader(file)
  } catch (error) {
    const fault = isRefused ? ('passphrase' in key ? 'passphrase' : 'identity') : 'header'
    throw new BackupUnreadable(fault, {}, { cause: error })
  }
}

async function openContent(file: Uint8Array, fileKey: Uint8Array): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  decrypter.addIdentity({ unwrapFileKey: () => fileKey })
  try {
    return await decrypter.decrypt(file, 'uint8array')
  } catch (error) {
    throw new BackupUnreadable(
      isContentCut(file, headerBytesOf(file) ?? 0) ? 'cut' : 'content',
      {},
      { cause: error },
    )
  }
}

/** File name of a backup, which identifies the key and the material. */
export function backupFileName(alias: string, checkValue: string): string {
  const safe = alias.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, 80)
  return `holdfast-${safe}-${checkValue.slice(0, 8).toUpperCase()}.age`
}
