/**
 * Clears the failed sign-ins of a user, on the operator's command: the way out for a user who has
 * to wait because of others' tries.
 */
import type { SignInFailures } from '../../access/sign-in-failures.ts'
import { deleteRow } from '../../crypto/formats/row-writes.ts'
import { KmsError } from '../../domain/errors.ts'
import { changedTooOften, refusalOf } from '../../engine/engine.ts'
import { type Journal, serviceEntry, submitOwn } from '../../ports/journal.ts'
import type { Random } from '../../ports/random.ts'
import type { StoreReader } from '../../ports/store.ts'

export type UnlockParts = {
  readonly reader: StoreReader
  readonly journal: Journal
  readonly failures: SignInFailures
  readonly random: Random
  /** Region of this deployment: if no project is given, the one of that name is meant. */
  readonly region: string
}

export type Unlocked = { readonly user: string; readonly project: string; readonly counts: number }

/**
 * Most pages of counts that are cleared or decided again: somebody may keep guessing at the same
 * time.
 */
const mostPages = 50

/**
 * The counts of address blocks stay: they belong to many users. There is one record for each page
 * of counts, and at least one.
 * @param project name or ID; undefined for the first.
 * @throws KmsError parameter-invalid, audit-unavailable, busy.
 */
export async function unlockUser(
  parts: UnlockParts,
  userName: string,
  project: string | undefined,
): Promise<Unlocked> {
  const { reader, failures, journal, random, region } = parts
  const named = project ?? region
  const place = (await reader.row('projects', named)) ?? (await reader.projectNamed(named))
  if (place === undefined)
    throw new KmsError(
      'parameter-invalid',
      `there is no project ${named}: run holdfast project list to see them`,
    )
  const user = await reader.userNamed(place.id, userName)
  if (user === undefined)
    throw new KmsError('parameter-invalid', `project ${place.name} has no user ${userName}`)
  let counts = 0
  for (let page = 0; page < mostPages; page++) {
    const rows = await failures.ofUser(place.id, userName)
    if (rows.length === 0 && page > 0) return { user: userName, project: place.name, counts }
    const requestId = random.bytes(16).toHex()
    const operation = 'unlock-user'
    const entry = serviceEntry({
      requestId,
      operation,
      project: place.id,
      principal: 'operator',
      detail: `user ${user.id}`,
    })
    const writes = rows.map((row) => deleteRow('signInFailures', row))
    const receipt = await submitOwn(journal, { entry, writes })
    const unrecorded = refusalOf(receipt)
    if (unrecorded !== undefined) throw unrecorded
    if (receipt === 'recorded') counts += rows.length
  }
  throw changedTooOften()
}
