/**
 * Other programs that use the database file (a backup, a shell): they delay the receipt of an
 * erasure, or cause calls to be refused for a while, and nothing else.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import type { HuaweiClient } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { isInFiles } from '../files-of.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const onPostgres =
  process.env.HOLDFAST_TEST_DATABASE !== undefined && 'over PostgreSQL there is no file to share'

/** A connection of this process, which is not that of the server, in a transaction of its own. */
function neighbour(server: TestServer, ...statements: string[]): DatabaseSync {
  const db = new DatabaseSync(join(server.data, 'holdfast.db'), { timeout: 5000 })
  for (const statement of statements) db.exec(statement)
  return db
}

const reading = ['BEGIN', 'SELECT count(*) FROM keys']

async function keyWithMaterial(client: HuaweiClient): Promise<string> {
  const id = await client.createKey({ origin: 'external' })
  accepted(await client.import(id, randomBytes(32)))
  return id
}

function sealedMaterial(server: TestServer, id: string): Uint8Array {
  const db = neighbour(server)
  const row = db.prepare('SELECT sealed_material FROM key_versions WHERE key_id = ?').get(id)
  db.close()
  return row?.sealed_material as Uint8Array
}

/** Whether bytes can be read from any file of the data folder. */
function isInAFile(server: TestServer, bytes: Uint8Array): boolean {
  return isInFiles(server.data, bytes.subarray(0, 64))
}

async function erasureWaits(server: TestServer): Promise<number> {
  const text = await (await fetch(await server.metricsUrl())).text()
  return Number(/^holdfast_erasure_waiting_seconds (\S+)$/m.exec(text)?.[1])
}

describe('another program at the database file', { skip: onPostgres, concurrency: true }, () => {
  test('one that reads delays the receipt of an erasure and nothing else', {
    timeout: 60_000,
  }, async () => {
    await using server = await TestServer.start()
    const client = server.client()
    const [id, other] = [await keyWithMaterial(client), await client.createKey()]
    const sealed = sealedMaterial(server, id)
    const reader = neighbour(server, ...reading)
    let erased = false
    const erasing = client.call('delete-imported-key-material', { key_id: id }).then((answer) => {
      erased = true
      return answer
    })
    for (let i = 0; i < 200; i++)
      assert.equal(await client.decrypt(await client.encrypt(other, 'x')), 'x')
    await client.ok('disable-key', { key_id: other })
    refused(await client.call('encrypt-data', { key_id: id, plain_text: 'x' }), 400, 'KMS.1301')
    assert.equal(erased, false, 'it is durable, but it can still be read')
    assert.ok(isInAFile(server, sealed))
    assert.ok((await erasureWaits(server)) > 0)
    const ready = async (): Promise<[number, string]> => {
      const response = await fetch(`${server.url}/readyz`)
      return [response.status, await response.text()]
    }
    await until(async () => (await ready())[1] !== 'ready\n', 15_000)
    assert.match(
      (await ready()).join(' '),
      /^200 ready\nerasure-waits: since \S+Z: an erasure is waiting for a reader of the database file to end[^\n]*\n$/,
    )
    assert.ok(Number((await server.logged('erasure-delayed')).ms) >= 5000)
    reader.exec('COMMIT')
    reader.close()
    accepted(await erasing)
    assert.equal(isInAFile(server, sealed), false)
    assert.equal(await erasureWaits(server), 0)
    assert.deepEqual(await ready(), [200, 'ready\n'])
    assert.ok(Number((await server.logged('erasure-done')).ms) >= 5000)
    client.close()
  })

  test('one that reads does not keep what expires from being deleted, key after key', {
    timeout: 60_000,
  }, async () => {
    const clockFile = join(newFolder(), 'clock')
    await using server = await TestServer.start({
      hooks: { module: hooksModule, data: { clockFile } },
    })
    const client = server.client()
    const ids = [
      await client.createKey({ origin: 'external' }),
      await client.createKey({ origin: 'external' }),
    ]
    for (const id of ids)
      accepted(
        await client.import(id, randomBytes(32), {
          expiration_time: String(Math.floor(Date.now() / 1000) + 600),
        }),
      )
    const sealed = ids.map((id) => sealedMaterial(server, id))
    const reader = neighbour(server, ...reading)
    moveClock(clockFile, { wallMs: 601_000, monotonicMs: 601_000 })
    await until(
      async () => (await server.select('SELECT count(*) AS n FROM key_versions'))[0]?.n === 0,
      20_000,
    )
    assert.ok(sealed.some((bytes) => isInAFile(server, bytes)))
    reader.close()
    await until(() => !sealed.some((bytes) => isInAFile(server, bytes)), 10_000)
    client.close()
  })

  test('a stop does not wait for one that reads; the next start erases, and serves calls while it does', {
    timeout: 90_000,
  }, async () => {
    const data = newFolder()
    const first = await TestServer.start({ data })
    const client = first.client()
    const id = await keyWithMaterial(client)
    const sealed = sealedMaterial(first, id)
    const reader = neighbour(first, ...reading)
    const erasing = client
      .call('delete-imported-key-material', { key_id: id })
      .catch((error: unknown) => error)
    await until(async () => (await client.describe(id)).key_state === '5', 5000)
    assert.equal(await first.stop(), 0)
    assert.ok((await erasing) instanceof Error, 'nothing reports it as erased')
    assert.equal((await first.logged('service-stopped')).cutOff, 1)
    client.close()
    await using server = await TestServer.start({ data })
    const again = server.client()
    assert.equal((await again.describe(id)).key_state, '5', 'what was recorded still holds')
    assert.ok(isInAFile(server, sealed))
    reader.close()
    await until(() => !isInAFile(server, sealed), 10_000)
    again.close()
  })

  test('one that writes for seven seconds: calls are refused and nothing is lost; after it they are answered', {
    timeout: 60_000,
  }, async () => {
    await using server = await TestServer.start()
    const client = server.client()
    const id = await client.createKey()
    const ciphertext = await client.encrypt(id, 'kept')
    const writer = neighbour(server, 'BEGIN IMMEDIATE')
    const end = performance.now() + 7000
    let refusals = 0
    while (performance.now() < end) {
      refused(await client.call('encrypt-data', { key_id: id, plain_text: 'x' }), 503, 'KMS.0104')
      refusals++
    }
    assert.ok(refusals >= 2)
    assert.match(await (await fetch(`${server.url}/readyz`)).text(), /another program/)
    writer.exec('COMMIT')
    writer.close()
    assert.equal(await client.decrypt(ciphertext), 'kept')
    assert.equal(server.hasEnded, false)
    assert.equal(await (await fetch(`${server.url}/readyz`)).text(), 'ready\n')
    const { reason } = await server.logged('store-unwritable')
    assert.equal(reason, 'another program holds the lock of the database')
    assert.ok(Number((await server.logged('store-writable')).ms) >= 2000)
    client.close()
    assert.equal(await server.stop(), 0)
  })

  test('one that holds the file when the server starts: the start says so in a line', async () => {
    const data = newFolder()
    const first = await TestServer.start({ data })
    await first.stop()
    const writer = neighbour(first, 'PRAGMA locking_mode=EXCLUSIVE', 'BEGIN EXCLUSIVE')
    await assert.rejects(
      TestServer.start({ data }),
      /the server ended with 1: holdfast: another program holds the lock of the database\n$/,
    )
    writer.close()
    rmSync(data, { recursive: true })
  })
})
