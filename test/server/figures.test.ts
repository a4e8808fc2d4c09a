/** Metrics: a count is reused for a while, and a failed count is not. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { KmsError } from '../../src/domain/errors.ts'
import type { StoreStatistics } from '../../src/ports/store.ts'
import { Figures } from '../../src/server/figures.ts'
import { gauge } from '../../src/telemetry/metrics.ts'

const counted: StoreStatistics = {
  keys: [],
  nextExpiryAt: null,
  nextDeletionAt: null,
  auditRecords: 4711,
}

test('a refused count is not kept: the next scrape counts again, and that count is reused by those after it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  let asked = 0
  const statistics = async (): Promise<StoreStatistics> => {
    if (asked++ === 0) throw new KmsError('busy', 'too much waits')
    return counted
  }
  const figures = new Figures({
    folder,
    store: { kind: 'sqlite', file: join(folder, 'none') },
    version: '0',
    reports: { statistics },
    now: () => 0,
    own: () => [],
    ports: [],
    privateKeyJobs: () => 0,
    notReady: () => gauge('ready', 'x', []),
  })
  await assert.rejects(figures.text(), KmsError)
  for (let scrape = 0; scrape < 3; scrape++)
    assert.match(await figures.text(), /^holdfast_audit_records 4711$/m)
  assert.equal(asked, 2)
})
