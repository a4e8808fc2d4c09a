/**
 * Due work is done even if hundreds of damaged rows were due before it: they are skipped, left as
 * they are, and reported once.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const damaged = 300
const dayMs = 86_400_000

test('behind 300 damaged rows an intact key is deleted on time, and a token ends though its key is damaged', async () => {
  const data = newFolder()
  const first = await TestServer.start({ data })
  const client = first.client()
  const edited: string[] = []
  for (let i = 0; i < damaged; i++) {
    const id = await client.createKey({ key_description: 'as it was' })
    await client.ok('schedule-key-deletion', { key_id: id, pending_days: '7' })
    edited.push(id)
  }
  const intact = await client.createKey()
  await client.ok('schedule-key-deletion', { key_id: intact, pending_days: '8' })
  const external = await client.createKey({ origin: 'external', key_description: 'as it was' })
  await client.ok('get-parameters-for-import', {
    key_id: external,
    wrapping_algorithm: 'RSAES_OAEP_SHA_256',
  })
  client.close()
  await first.stop()

  const db = new DatabaseSync(join(data, 'holdfast.db'), { timeout: 5000 })
  assert.equal(
    db.prepare("UPDATE keys SET description = 'edited' WHERE description = 'as it was'").run()
      .changes,
    damaged + 1,
  )
  db.close()

  const clockFile = join(data, 'clock.json')
  await using server = await TestServer.start({
    data,
    hooks: { module: hooksModule, data: { clockFile } },
  })
  moveClock(clockFile, { wallMs: 9 * dayMs, monotonicMs: 9 * dayMs })
  const count = async (sql: string): Promise<number> =>
    Number((await server.select(`SELECT count(*) AS n FROM ${sql}`))[0]?.n)
  await until(
    async () => (await count(`keys WHERE id = '${intact}' AND deleted_at IS NOT NULL`)) === 1,
    60_000,
  )
  await until(async () => (await count('import_tokens')) === 0, 60_000)
  // Some more rounds: nothing is tried or reported twice, and nothing that nobody can vouch for is
  // deleted.
  const told = (): number =>
    server.log.filter(({ event, table }) => event === 'due-work-blocked' && table === 'keys').length
  const [records, lines] = [(await server.leaves()).length, told()]
  assert.ok(lines > 100 && lines <= damaged, `${lines} lines`)
  await sleep(3000)
  assert.deepEqual([(await server.leaves()).length, told()], [records, lines])
  assert.equal(await count('keys WHERE deleted_at IS NOT NULL'), 1)
  assert.equal(
    await count(`key_versions WHERE key_id IN (${edited.map((id) => `'${id}'`).join()})`),
    damaged,
  )
  rmSync(data, { recursive: true, force: true })
})
