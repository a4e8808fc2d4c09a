/**
 * Password hashes as stored: sealed under the project's key for one user, so that the database
 * alone gives an attacker nothing to test guesses against. Rows of the first layout hold them in
 * the clear until a start seals them.
 */

import { purposes } from '../crypto/formats/labels.ts'
import type { ProjectKeys } from '../crypto/keyring.ts'
import { KmsError } from '../domain/errors.ts'
import { Wiped } from '../domain/material/wiped.ts'
import type { UserRow } from '../domain/rows.ts'

type Kept = Pick<UserRow, 'passwordHash' | 'sealedPasswordHash'>
type Owner = Pick<UserRow, 'id' | 'projectId'>

/** A hash as a user's row stores it. @param hash PHC string. @param keys of the user's project. */
export function sealedHash(
  keys: ProjectKeys,
  owner: Owner,
  hash: string,
  fresh: (sizeBytes: number) => Uint8Array,
): Kept {
  using plain = Wiped.of(new TextEncoder().encode(hash))
  const binding = { project: owner.projectId, user: owner.id }
  return {
    passwordHash: '',
    sealedPasswordHash: keys.sealer.seal(purposes.passwordHash, binding, plain.bytes, fresh),
  }
}

/** The PHC string of a user whose row was verified. @throws KmsError stored-record-corrupt. */
export function openedHash(keys: ProjectKeys, user: Owner & Kept): string {
  if (user.sealedPasswordHash === null) return user.passwordHash
  const binding = { project: user.projectId, user: user.id }
  const opened = keys.sealer.open(purposes.passwordHash, binding, user.sealedPasswordHash)
  if (opened === undefined)
    throw new KmsError('stored-record-corrupt', 'the hash of a password does not open')
  using hash = opened
  return hash.use((bytes) => Buffer.from(bytes).toString('latin1'))
}
