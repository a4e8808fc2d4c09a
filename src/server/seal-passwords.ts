/**
 * At a start, seals the password hashes that an older release left in the clear. Until then they
 * are read as they are.
 */
import { sealedHash } from '../access/password-hashes.ts'
import type { LoadedProject } from '../access/principals.ts'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { updateRow } from '../crypto/formats/row-writes.ts'
import { KmsError } from '../domain/errors.ts'
import type { UserRow } from '../domain/rows.ts'
import { type Journal, serviceEntry, submitOwn } from '../ports/journal.ts'
import type { Random } from '../ports/random.ts'
import type { Source } from '../ports/source.ts'
import type { StoreReader } from '../ports/store.ts'

export type SealPasswordsParts = {
  readonly reader: Pick<StoreReader, 'scan'>
  readonly projects: Source<LoadedProject>
  readonly journal: Journal
  /** MAC key of the deployment-wide tables. */
  readonly rowMac: Parameters<typeof verifyRow>[0]
  readonly random: Random
  /** Called for each user whose hash cannot be sealed now. */
  readonly onUnsealed: (user: string, reason: string) => void
}

const rowsAtOnce = 200

/**
 * One record for each user. A hash that cannot be sealed now stays readable, is reported, and is
 * retried at the next start.
 */
export async function sealPasswords(parts: SealPasswordsParts): Promise<void> {
  for (let after: string | null = null; ; ) {
    const rows: readonly UserRow[] = await parts.reader.scan('users', after, rowsAtOnce)
    for (const row of rows) if (row.sealedPasswordHash === null) await sealOne(parts, row)
    after = rows.at(-1)?.id ?? null
    if (rows.length < rowsAtOnce) return
  }
}

async function sealOne(
  { projects, journal, rowMac, random, onUnsealed }: SealPasswordsParts,
  row: UserRow,
): Promise<void> {
  try {
    verifyRow(rowMac, 'users', row)
    const project = await projects.load(row.projectId)
    if (project === undefined)
      throw new KmsError('stored-record-corrupt', 'a user refers to a project that does not exist')
    const write = updateRow(
      rowMac,
      'users',
      row,
      sealedHash(project.keys, row, row.passwordHash, random.bytes),
    )
    const requestId = random.bytes(16).toHex()
    const entry = serviceEntry({
      requestId,
      operation: 'seal-password',
      project: row.projectId,
      principal: 'holdfast',
    })
    const receipt = await submitOwn(journal, { entry, writes: [write], erases: true })
    // Stale: another node sealed it, or the user has a new password, which is sealed already.
    if (receipt === 'unavailable' || receipt === 'unknown')
      onUnsealed(row.id, 'the audit log cannot be written')
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    onUnsealed(row.id, error.message)
  }
}
