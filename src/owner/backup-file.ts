/**
 * Encrypted backups of material: age files (age-encryption.org/v1), which every implementation of age opens. The file holds the bare
 * material and nothing else: raw bytes, or PKCS#8 in DER. Runs in Node and in browsers.
 */
import { Decrypter, Encrypter } from 'age-encryption'

/** A backup does not open: another passphrase or identity, or a damaged file. One answer for all causes. */
export class BackupUnreadable extends Error {}

/** What opens a backup. age takes text; who holds it forgets it as soon as possible. */
export type BackupLock = { readonly passphrase: string } | { readonly recipients: readonly string[] }
export type BackupKey = { readonly passphrase: string } | { readonly identities: readonly string[] }

/** @param material left unchanged. @throws Error for a recipient that is none. */
export async function sealBackup(material: Uint8Array, lock: BackupLock): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  if ('passphrase' in lock) encrypter.setPassphrase(lock.passphrase)
  else for (const recipient of lock.recipients) encrypter.addRecipient(recipient)
  return encrypter.encrypt(material)
}

/** @returns the material in memory that the caller wipes. @throws BackupUnreadable. */
export async function openBackup(file: Uint8Array, key: BackupKey): Promise<Uint8Array> {
  try {
    const decrypter = new Decrypter()
    if ('passphrase' in key) decrypter.addPassphrase(key.passphrase)
    else for (const identity of key.identities) decrypter.addIdentity(identity)
    return await decrypter.decrypt(file, 'uint8array')
  } catch (error) {
    throw new BackupUnreadable('this does not open the file; nothing was changed', { cause: error })
  }
}

/** Name under which a backup is kept: of which key, and of which material. */
export function backupFileName(alias: string, checkValue: string): string {
  const safe = alias.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(0, 80)
  return `holdfast-${safe}-${checkValue.slice(0, 8).toUpperCase()}.age`
}
