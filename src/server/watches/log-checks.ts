/**
 * Checks that the audit log in the store is the one that was recorded: when, and what is notified.
 */
import type { KeyObject } from 'node:crypto'
import { KmsError } from '../../domain/errors.ts'
import type { LedgerRow } from '../../domain/rows.ts'
import { isUnavailable, type StoreReader } from '../../ports/store.ts'
import { checkEnds, LogWatch, strayRecord } from '../../projections/log-watch.ts'
import type { Alarms } from '../../telemetry/alarms.ts'
import type { Log } from '../../telemetry/log.ts'
import { openReader, type StoreSpec } from '../store.ts'

/**
 * A million records take a little more than a minute and a half, and a few percent of a processor.
 */
const stepEveryMs = 50
const passEveryMs = 24 * 3_600_000

type Watchers = { readonly log: Log; readonly alarms: Alarms }

/**
 * At a start. Damage to recorded data is reported, and the service continues: its keys are intact,
 * and an outage would help nobody.
 * @throws KmsError for a record that nobody recorded: the next one could not be written in its
 * place.
 */
export async function checkLogsAtStart(
  store: StoreSpec,
  heads: readonly LedgerRow[],
  { log, alarms }: Watchers,
): Promise<void> {
  const reader = await openReader(store)
  try {
    for (const head of heads) {
      const stray = await strayRecord(reader, head)
      if (stray !== undefined) {
        throw new KmsError(
          'stored-record-corrupt',
          `the audit log of node ${head.id} contains a record ${stray} past its end, which Holdfast did not write: keep a copy of the database, then delete it ` +
            `(DELETE FROM log_groups WHERE log = '${head.id}' AND first_index >= ${head.treeSize}); nothing was changed`,
        )
      }
      const faults = await checkEnds(reader, head)
      for (const fault of faults) log.event('log-damaged', { fault })
      if (faults.length > 0) alarms.raise('audit-log-altered')
    }
  } finally {
    reader.close()
  }
}

/**
 * Checks the whole log, at the start and then once a day.
 * @returns a function that ends it, once the step in progress is done.
 */
export function watchLog(
  reader: StoreReader,
  rowMac: KeyObject,
  { log, alarms }: Watchers,
): () => Promise<void> {
  const watch = new LogWatch(reader, rowMac)
  const said = new Set<string>()
  let running: Promise<void> | undefined
  let restUntil = 0
  let began: number | undefined
  const step = async (): Promise<void> => {
    began ??= performance.now()
    try {
      const { faults, ended } = await watch.step()
      for (const fault of faults) {
        alarms.raise('audit-log-altered')
        if (!said.has(fault)) log.event('log-damaged', { fault })
        said.add(fault)
      }
      if (ended?.faults === 0) alarms.clear('audit-log-altered')
      if (ended !== undefined) {
        log.event('log-check-finished', { ...ended, ms: performance.now() - began })
        began = undefined
        restUntil = performance.now() + passEveryMs
      }
    } catch (error) {
      if (!isUnavailable(error)) log.event('background-work-failed', { work: 'log check', error })
      restUntil = performance.now() + 60_000
    }
    running = undefined
  }
  const timer = setInterval(() => {
    if (performance.now() >= restUntil) running ??= step()
  }, stepEveryMs)
  return async () => {
    clearInterval(timer)
    await running
  }
}
