/** Changes of what all nodes rely on: the row `epochs` of the deployment. */
import type { KeyObject } from 'node:crypto'
import { insertRow, updateRow } from '../crypto/formats/row-writes.ts'
import type { EpochRow, LedgerRow, RowFrame, RowSet } from '../domain/rows.ts'
import type { AcceptedTime } from '../ports/audit-log.ts'
import type { LevelChange } from '../ports/journal.ts'

/**
 * What an epoch follows.
 * @property current the row as it is stored; undefined before the first epoch.
 * @property known number of the last epoch that this node knows, if the store may have lost it.
 */
export type Before = { readonly current: EpochRow | undefined; readonly known?: number }

type Patch = Partial<Omit<EpochRow, 'id' | 'epoch' | keyof RowFrame>>

function begun(
  rowMac: KeyObject,
  deployment: string,
  { current, known = 0 }: Before,
  patch: (epoch: number) => Patch,
): RowSet<'epochs'> {
  const epoch = Math.max(current?.epoch ?? 0, known) + 1
  const first = {
    id: deployment,
    timeFloor: 0,
    clockAccepted: 0,
    lossAccepted: 0,
    lost: null,
    level: null,
    levelHeld: null,
  }
  return current === undefined
    ? insertRow(rowMac, 'epochs', { ...first, epoch, ...patch(epoch) })
    : updateRow(rowMac, 'epochs', current, { epoch, ...patch(epoch) })
}

/** An operator accepts the clock: time goes on from `timeFloor`. */
export function withClock(
  rowMac: KeyObject,
  deployment: string,
  before: Before,
  timeFloor: number,
): RowSet<'epochs'> {
  return begun(rowMac, deployment, before, (epoch) => ({ timeFloor, clockAccepted: epoch }))
}

/** An operator accepts what was lost. */
export function withoutLoss(
  rowMac: KeyObject,
  deployment: string,
  before: Before,
): RowSet<'epochs'> {
  return begun(rowMac, deployment, before, (epoch) => ({ lossAccepted: epoch, lost: null }))
}

/** The nodes write at another level, or an operator keeps them at it. */
export function withLevel(
  rowMac: KeyObject,
  deployment: string,
  before: Before,
  { level, isHeld }: LevelChange,
): RowSet<'epochs'> {
  return begun(rowMac, deployment, before, () => ({ level, levelHeld: isHeld ? 1 : null }))
}

/** No node writes until an operator accepts what was lost. @param lost for people. */
export function withLoss(
  rowMac: KeyObject,
  deployment: string,
  before: Before,
  lost: string,
): RowSet<'epochs'> {
  return begun(rowMac, deployment, before, () => ({ lost }))
}

/**
 * The latest floor of some logs since a clock was accepted: those from before do not count.
 * @param heads verified by the caller.
 */
export function latestFloor(
  { epoch, timeFloor }: AcceptedTime,
  heads: readonly LedgerRow[],
): number {
  const since = heads.filter((head) => (head.epoch ?? 0) >= epoch)
  return Math.max(timeFloor, ...since.map((head) => head.timeFloor))
}

/** What a log has lost, for people. */
export function lossText(log: string, from: number, to: number): string {
  return to < from
    ? `the log of node ${log} held ${from} records and holds ${to}`
    : `the log of node ${log} held other records than it holds, ${from} of them`
}

/** The same of the epoch. */
export function epochLossText(from: number, to: number): string {
  return `the database was in epoch ${from} and is in ${to}`
}
