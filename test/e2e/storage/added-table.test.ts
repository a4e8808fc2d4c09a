/**
 * A table and its commands are declared once, and all else follows: with both added to a real
 * server, rows are kept and covered by a MAC, their changes are recorded, damaged ones are found,
 * and they end with their key and leave nothing in any file.
 *
 * @deep
 * @also two-threads
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { hooksModule } from '../../fakes/added-table/dialect.ts'
import { moveClock } from '../../fakes/hooks.ts'
import type { HuaweiClient } from '../client.ts'
import { isInFiles } from '../files-of.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const register = new URL('../../fakes/added-table/register.ts', import.meta.url).href
const dayMs = 86_400_000

describe('a table and commands that were added', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock.json')
  let server: TestServer
  let client: HuaweiClient
  before(async () => {
    server = await TestServer.start({
      data,
      hooks: { module: hooksModule, data: { clockFile } },
      environment: { NODE_OPTIONS: `--import=${register}` },
    })
    client = server.client()
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
    rmSync(data, { recursive: true, force: true })
  })

  const note = (operation: string, key: string, fields: object = {}) =>
    client.send(client.sign('POST', '/', { key, ...fields }, { 'x-note-do': operation }))
  const one = async (sql: string): Promise<Record<string, unknown>> =>
    (await server.select(sql))[0] ?? {}

  test('a row is kept as it was written, with its MAC, and the record of the call has its digest', async () => {
    const id = await client.createKey()
    assert.equal((await note('Write', id, { note: '0a0b' })).status, 200)
    assert.deepEqual((await note('Read', id)).body, { note: '0a0b' })
    const row = await one(`SELECT * FROM notes WHERE key_id = '${id}'`)
    assert.deepEqual([row.revision, row.schema_version, (row.mac as Uint8Array).length], [1, 1, 32])
    const leaves = (await server.leaves()).slice(-5)
    const record = leaves.find((leaf) => leaf.includes('write-note'))
    assert.ok(record?.includes(`${id}/note`), 'the record names the row that was written')
  })

  test('what a command was declared to do decides what counts as a use of the key', async () => {
    const id = await client.createKey()
    await note('Write', id, { note: '0a' })
    const used = () =>
      one(`SELECT last_operation FROM key_uses WHERE id = '${id}' AND last_used_at IS NOT NULL`)
    await note('Stamp', id)
    await until(async () => (await used()).last_operation === 'stamp-note', 10_000)
    await note('Read', id)
    const { tree_size: size } = await one("SELECT tree_size FROM ledgers WHERE id <> 'tree'")
    await until(
      async () => Number((await one('SELECT position FROM readings')).position) >= Number(size),
      10_000,
    )
    assert.equal((await used()).last_operation, 'stamp-note', 'a read does not count as a use')
  })

  test('a damaged row is refused, and found where nobody asks for it', async () => {
    const id = await client.createKey()
    await note('Write', id, { note: '0a' })
    const db = new DatabaseSync(join(data, 'holdfast.db'), { timeout: 5000 })
    db.exec(`UPDATE notes SET sealed_note = x'0b' WHERE key_id = '${id}'`)
    db.close()
    assert.deepEqual((await note('Read', id)).body, { code: 'stored-record-corrupt' })
    const { table, row } = await server.logged('row-damaged', 60_000)
    assert.deepEqual([table, row], ['notes', `${id}/note`])
  })

  test('rows that end with their key leave nothing in any file', async () => {
    const [ending, standing] = [await client.createKey(), await client.createKey()]
    const secrets = [randomBytes(48), randomBytes(48)] as const
    await note('Write', ending, { note: secrets[0].toString('hex') })
    await note('Write', standing, { note: secrets[1].toString('hex') })
    assert.ok(
      secrets.every((one) => isInFiles(data, one)),
      'the search finds what is there',
    )
    await client.ok('schedule-key-deletion', { key_id: ending, pending_days: '7' })
    moveClock(clockFile, { wallMs: 8 * dayMs, monotonicMs: 8 * dayMs })
    await until(
      async () =>
        (await one(`SELECT deleted_at FROM keys WHERE id = '${ending}'`)).deleted_at !== null,
      60_000,
    )
    assert.deepEqual(await server.select(`SELECT id FROM notes WHERE key_id = '${ending}'`), [])
    await until(() => !isInFiles(data, secrets[0]), 10_000)
    assert.deepEqual(
      (await server.select(`SELECT key_id FROM notes WHERE key_id = '${standing}'`)).length,
      1,
    )
    assert.ok(isInFiles(data, secrets[1]))
  })
})
