/** Whether everything that a store holds is as Holdfast wrote it: each row, and each log. */
import type { Keyring } from '../../crypto/keyring.ts'
import { KmsError } from '../../domain/errors.ts'
import { deploymentTree, type LedgerRow } from '../../domain/rows.ts'
import { IntegrityScan } from '../../engine/service/integrity-scan.ts'
import type { ReportReader } from '../../ports/store.ts'
import { checkEnds, LogWatch, nameOf, strayRecord } from '../../projections/log-watch.ts'
import { headsOf } from '../../projections/logs.ts'
import { requestCaches } from '../request-caches.ts'
import type { Progress } from './progress.ts'

/** What a store holds. */
export type Holdings = {
  readonly rows: number
  /** Records of the logs of all nodes. */
  readonly records: number
  readonly heads: readonly LedgerRow[]
}

type Parts = {
  readonly reader: ReportReader
  readonly keyring: Keyring
  /** The store, for people. */
  readonly name: string
  readonly progress: Progress
}

/** @throws KmsError stored-record-corrupt, with the first thing that is damaged. */
export async function checkWhole(parts: Parts): Promise<Holdings> {
  parts.progress.begin(`checking ${parts.name}`)
  const rows = await checkRows(parts)
  const heads = await headsOf(parts.reader)
  await checkLogs(parts, heads, rows)
  const logs = heads.filter(({ id }) => id !== deploymentTree)
  return { rows, records: logs.reduce((sum, { treeSize }) => sum + treeSize, 0), heads }
}

async function checkRows({ reader, keyring, name, progress }: Parts): Promise<number> {
  const { projects } = requestCaches(reader, keyring)
  const scan = new IntegrityScan({
    reader,
    projects,
    rowMac: keyring.rowMac,
    onDamaged: ({ row, reason }) => refuse(name, `${reason} (${row})`),
  })
  for (;;) {
    const pass = await scan.step()
    if (pass !== undefined) return pass.rows
    progress.at(scan.rows, 0)
  }
}

/** @param rows number of those that were checked before. */
async function checkLogs(
  { reader, keyring, name, progress }: Parts,
  heads: readonly LedgerRow[],
  rows: number,
): Promise<void> {
  const known = new Set(heads.map(({ id }) => id))
  for (let log: string | null | undefined = null; ; ) {
    log = await reader.logAfter(log)
    if (log === undefined) break
    if (!known.has(log)) refuse(name, `records of a log ${log} are stored, which has no head`)
  }
  for (const head of heads) {
    const [fault] = await checkEnds(reader, head)
    if (fault !== undefined) refuse(name, fault)
    const stray = await strayRecord(reader, head)
    if (stray !== undefined)
      refuse(name, `${nameOf(head)} contains a record ${stray} past its end, which nobody recorded`)
  }
  const watch = new LogWatch(reader, keyring.rowMac)
  for (;;) {
    const { faults, ended } = await watch.step()
    if (faults[0] !== undefined) refuse(name, faults[0])
    if (ended !== undefined) return
    progress.at(rows, watch.checked)
  }
}

function refuse(name: string, fault: string): never {
  throw new KmsError(
    'stored-record-corrupt',
    `${name} is damaged, and nothing was moved: ${fault}. Restore a backup that is whole, and move that`,
  )
}
