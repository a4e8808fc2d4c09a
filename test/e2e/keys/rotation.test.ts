/**
 * Rotation over HTTP: on demand, on a schedule, overdue, and what old versions still open.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import type { HuaweiClient } from '../client.ts'
import { refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const day = 86_400_000

describe('rotation', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let moved = 0
  let server: TestServer
  let client: HuaweiClient

  const now = (): number => Date.now() + moved
  const pass = (ms: number): void => {
    moved += ms
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
  }
  const start = async (): Promise<void> => {
    server = await TestServer.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
    client = server.client()
    client.clock = now
  }
  const status = (id: string) => client.ok('get-key-rotation-status', { key_id: id })
  const rotating = async (id: string, rotation_interval: number | string): Promise<void> => {
    await client.ok('enable-key-rotation', { key_id: id })
    await client.ok('update-key-rotation-interval', { key_id: id, rotation_interval })
  }
  const rotations = async (id: string): Promise<number> => (await status(id)).number_of_rotations

  before(start)
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  test('a key that never rotated: off, no interval, one material', async () => {
    const id = await client.createKey()
    const found = await status(id)
    assert.equal(found.key_rotation_enabled, false)
    assert.equal(found.number_of_rotations, 0)
    assert.ok(!('rotation_interval' in found) && !('last_rotation_time' in found))
    assert.equal(found.key_materials.length, 1)
  })

  for (const spec of ['AES_256', 'SM4']) {
    test(`${spec} on demand: new ciphertexts under new material, old ones open forever, through restart and kill`, async () => {
      const id = await client.createKey({ key_spec: spec })
      const kept = [await client.encrypt(id, 'version 1')]
      for (let version = 2; version <= 5; version++) {
        assert.deepEqual(await client.ok('rotate-on-demand', { key_id: id }), { key_id: id })
        kept.push(await client.encrypt(id, `version ${version}`))
      }
      const versions = kept.map((text) => Buffer.from(text, 'base64').readUInt32BE(19))
      assert.deepEqual(versions, [1, 2, 3, 4, 5])
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        client.close()
        await server.signal(signal)
        await start()
        for (const [i, text] of kept.entries())
          assert.equal(await client.decrypt(text), `version ${i + 1}`)
        assert.equal(await rotations(id), 4)
      }
      const { last_rotation_time, key_materials } = await status(id)
      assert.ok(Math.abs(Number(last_rotation_time) - now()) < 60_000)
      assert.equal(key_materials.length, 5)
    })
  }

  test('on a schedule: after each interval, once; the next one is a full interval later', async () => {
    const id = await client.createKey()
    await rotating(id, 30)
    assert.equal((await client.describe(id)).key_rotation_enabled, 'true')
    const enabled = await status(id)
    assert.equal(enabled.key_rotation_enabled, true)
    assert.equal(enabled.rotation_interval, 30)
    pass(30 * day - 60_000)
    await client.encrypt(id, 'x')
    assert.equal(await rotations(id), 0)
    pass(120_000)
    await until(async () => (await rotations(id)) === 1, 10_000)
    pass(29 * day)
    await client.encrypt(id, 'x')
    assert.equal(await rotations(id), 1)
    pass(day)
    await until(async () => (await rotations(id)) === 2, 10_000)
    await client.ok('disable-key-rotation', { key_id: id })
    const { key_rotation_enabled, number_of_rotations, ...rest } = await status(id)
    assert.deepEqual(
      { key_rotation_enabled, number_of_rotations },
      { key_rotation_enabled: false, number_of_rotations: 2 },
    )
    assert.ok(!('rotation_interval' in rest))
    pass(400 * day)
    assert.equal(await rotations(id), 2)
  })

  test('a disabled key does not rotate; enabled again while overdue it rotates at once, and once', async () => {
    const id = await client.createKey()
    await rotating(id, '30')
    await client.ok('disable-key', { key_id: id })
    pass(100 * day)
    assert.equal(await rotations(id), 0)
    await client.ok('enable-key', { key_id: id })
    await until(async () => (await rotations(id)) === 1, 10_000)
    pass(15 * day)
    assert.equal(await rotations(id), 1)
  })

  for (const [stopped, stoppedMs, waits] of [
    ['hours', day / 2, 'at once'],
    ['days', 20 * day, 'after an hour of running, when its clock is trusted'],
  ] as const)
    test(`overdue at the start of a server that was stopped for ${stopped}: it rotates ${waits}`, async () => {
      const id = await client.createKey()
      await rotating(id, 30)
      pass(30 * day - stoppedMs / 2)
      client.close()
      await server.stop()
      pass(stoppedMs)
      await start()
      // Where other nodes may write, a server first waits to hear from them.
      pass(waits === 'at once' ? 2 * 60_000 : 61 * 60_000)
      await until(async () => (await rotations(id)) === 1, 10_000)
    })

  test('enabling takes no interval: one that is sent, as Go libraries do, is ignored whether valid or not', async () => {
    for (const rotation_interval of [0, 30, '366', 'often', null, {}]) {
      const id = await client.createKey()
      await client.ok('enable-key-rotation', { key_id: id, rotation_interval })
      assert.equal((await status(id)).rotation_interval, 365)
    }
  })

  test('a new interval counts from where the old one began', async () => {
    const id = await client.createKey()
    await client.ok('enable-key-rotation', { key_id: id })
    assert.equal((await status(id)).rotation_interval, 365)
    pass(40 * day)
    await client.ok('update-key-rotation-interval', { key_id: id, rotation_interval: 60 })
    assert.equal((await status(id)).rotation_interval, 60)
    assert.equal(await rotations(id), 0)
    await client.ok('update-key-rotation-interval', { key_id: id, rotation_interval: 30 })
    await until(async () => (await rotations(id)) === 1, 10_000)
  })

  test('rotation on demand leaves the schedule as it is', async () => {
    const id = await client.createKey()
    await rotating(id, 30)
    pass(20 * day)
    await client.ok('rotate-on-demand', { key_id: id })
    pass(10 * day + 1000)
    await until(async () => (await rotations(id)) === 2, 10_000)
  })

  test('what is refused, and changes nothing', async () => {
    const id = await client.createKey()
    const call = (operation: string, fields: object = {}, key = id) =>
      client.call(operation, { key_id: key, ...fields })
    refused(await call('disable-key-rotation'), 400, 'KMS.0313')
    refused(await call('update-key-rotation-interval', { rotation_interval: 30 }), 400, 'KMS.0313')
    await client.ok('enable-key-rotation', { key_id: id })
    refused(await call('enable-key-rotation'), 400, 'KMS.2901')
    for (const rotation_interval of [29, 366, '0'])
      refused(await call('update-key-rotation-interval', { rotation_interval }), 400, 'KMS.3001')
    const external = await client.createKey({ origin: 'external' })
    await client.import(external, randomBytes(32))
    const pair = await client.createKey({ key_spec: 'EC_P256' })
    const operations = [
      'enable-key-rotation',
      'disable-key-rotation',
      'get-key-rotation-status',
      'rotate-on-demand',
    ]
    for (const operation of operations) {
      refused(await call(operation, {}, external), 400, 'KMS.0312')
      refused(await call(operation, {}, pair), 400, 'KMS.0324')
    }
    await client.ok('disable-key', { key_id: id })
    refused(await call('rotate-on-demand'), 400, 'KMS.0209')
    assert.equal(await rotations(id), 0)
  })
})
