/**
 * The database that a deployment is moved to. It must hold nothing, or what an interrupted move of
 * the same deployment has left there: that is deleted, and the move begins again.
 */
import { ConfigError } from '../../config.ts'
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { isDamage } from '../../domain/damaged-row.ts'
import type { LedgerRow } from '../../domain/rows.ts'
import { toleratedSkewMs } from '../../domain/skew.ts'
import { allRows } from '../../ports/all-rows.ts'
import { type ReportReader, StoreUnavailable } from '../../ports/store.ts'
import { headsOf } from '../../projections/logs.ts'
import type { DatabaseClock } from '../../runtime/database-clock.ts'
import { holdsAnything } from '../deployment.ts'
import { openLoader, openProbe, reading, type StoreSpec } from '../store.ts'

export type Target = Extract<StoreSpec, { kind: 'postgres' }>

/**
 * @throws StoreUnavailable if the clock of the database differs so much that no node could write.
 */
export async function hearClock(target: Target, clock: DatabaseClock): Promise<void> {
  const probe = await openProbe(target)
  if (probe === undefined) throw new TypeError('a database can be asked')
  try {
    clock.hear((await probe.look()).clockAt)
  } finally {
    probe.close()
  }
  const ms = Math.round(Math.abs(clock.aheadMs))
  if (ms > toleratedSkewMs)
    throw new StoreUnavailable(
      `the clock of the database and that of this machine differ by ${ms} ms: set the wrong one right; nothing was moved`,
    )
}

/**
 * Empties a database without a deployment, while nobody else may use it.
 * @param heads of the logs that are to be moved there.
 * @param isLast whether a move to this database came as far as its last step, so that it cannot be
 * empty.
 * @throws ConfigError for a database that holds anything else: nothing is deleted then.
 */
export async function emptied(
  target: Target,
  keyring: Keyring,
  heads: readonly LedgerRow[],
  isLast: boolean,
): Promise<void> {
  const left = await reading(target, async (reader) => {
    if (!(await holdsAnything(reader))) return 'nothing'
    return (await isLeftOver(reader, keyring, heads)) ? 'ours' : 'foreign'
  })
  if (left === 'foreign')
    throw new ConfigError(
      'the database holds rows that no interrupted move of this deployment has left there: name an empty database; nothing was changed',
    )
  if (left === 'nothing' && isLast)
    throw new ConfigError(
      'the move came to its end with another database: name that one. If it no longer exists, rename holdfast.db.moving back to holdfast.db; nothing was changed',
    )
  if (left === 'nothing') return
  const loader = await openLoader(target)
  try {
    await loader.clear()
  } finally {
    loader.close()
  }
}

/**
 * Whether what a database holds was copied from these logs: the roots are of this deployment, and
 * no log has gone on.
 */
async function isLeftOver(
  reader: ReportReader,
  { rowMac }: Keyring,
  heads: readonly LedgerRow[],
): Promise<boolean> {
  // A move copies these first.
  const slots = await allRows(reader, 'rootSlots')
  const copied = await headsOf(reader)
  const known = new Map(heads.map((head) => [head.id, head]))
  try {
    for (const slot of slots) verifyRow(rowMac, 'rootSlots', slot)
    for (const head of copied) verifyRow(rowMac, 'ledgers', head)
  } catch (error) {
    if (!isDamage(error)) throw error
    return false
  }
  return (
    slots.length > 0 &&
    copied.every(({ id, treeSize }) => treeSize <= (known.get(id)?.treeSize ?? -1))
  )
}
