/**
 * Nothing is answered before its record is durable; a disable holds from its answer on; what is
 * erased is gone from every file.
 *
 * @fuller
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hooksModule } from '../../fakes/hooks.ts'
import { isDeepRun } from '../../tiers.ts'
import { missing } from '../../tools.ts'
import { accepted, refused } from '../expect.ts'
import { isInFiles } from '../files-of.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const withoutStrace = missing('strace', 'pkill')

test('no answer leaves while the writer is blocked before its commit', async () => {
  const gates = newFolder()
  const gate = join(gates, 'gate')
  const failpoint = { name: 'store:before-commit', action: 'block', after: 0, gate }
  await using server = await TestServer.start({
    hooks: { module: hooksModule, data: { failpoint } },
  })
  const client = server.client()
  const id = await client.createKey()
  writeFileSync(gate, '')
  let answered = 0
  const calls = [
    client.call('encrypt-data', { key_id: id, plain_text: 'x' }),
    client.call('describe-key', { key_id: id }),
    client.call('disable-key', { key_id: id }),
    client.call('no-such-operation'),
    client.call('describe-key', { key_id: 'not an id' }),
    client.send({ ...client.sign('GET', '/v1.0'), headers: {} }),
    client.send({ ...client.sign('POST', '/v1.0/x/kms/list-keys'), headers: {} }),
  ].map(async (call) => {
    const answer = await call
    answered++
    return answer
  })
  const elsewhere = fetch(`${server.url}/nothing`).then((response) => {
    answered++
    return response.status
  })
  await sleep(700)
  assert.equal(answered, 0)
  rmSync(gate)
  const statuses = (await Promise.all(calls)).map(({ status }) => status)
  assert.deepEqual(statuses, [200, 200, 200, 400, 400, 200, 403])
  assert.equal(await elsewhere, 404)
  client.close()
  rmSync(gates, { recursive: true })
})

test('at 32 calls in flight there are fewer fsyncs than acknowledgements', {
  timeout: 60_000,
}, async (t) => {
  if (withoutStrace !== false) return t.skip(withoutStrace)
  const folder = newFolder()
  const trace = join(folder, 'trace')
  const server = await TestServer.start({
    under: ['strace', '-f', '-qq', '-e', 'trace=fsync,fdatasync', '-o', trace],
  })
  const client = server.client(32)
  const id = await client.createKey()
  const synced = (): number =>
    readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /f(data)?sync\(/.test(line)).length
  const before = synced()
  const calls = isDeepRun ? 3200 : 960
  let left = calls
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (left-- > 0) await client.encrypt(id, 'x')
    }),
  )
  const syncs = synced() - before
  client.close()
  // strace forwards no signals while it traces: the server itself has to be stopped.
  spawnSync('pkill', ['-TERM', '-P', String(server.process.pid)])
  await server.ended()
  rmSync(folder, { recursive: true })
  rmSync(server.data, { recursive: true, force: true })
  t.diagnostic(`${calls} acknowledgements, ${syncs} fsyncs`)
  assert.ok(syncs > 0 && syncs < calls / 4, `${syncs} fsyncs for ${calls} acknowledgements`)
})

const tries = isDeepRun ? 10_000 : 600
for (const workers of [1, 2]) {
  test(`once a disable is answered, no encryption that began later succeeds (${tries} tries, ${workers} request thread(s))`, {
    timeout: 120_000,
  }, async () => {
    await using server = await TestServer.start({ flags: ['--workers', String(workers)] })
    const client = server.client(48)
    const id = await client.createKey()
    let begun = 0
    let inFlight = true
    let disabled = false
    let lateUnderWay = 0
    let violations = 0
    const stream = Array.from({ length: 32 }, async () => {
      while (inFlight) {
        const late = disabled
        if (late) lateUnderWay++
        const { status, body } = await client.call('encrypt-data', { key_id: id, plain_text: 'x' })
        if (!late) continue
        lateUnderWay--
        begun++
        if (status === 200) violations++
        else assert.equal(body.error.error_code, 'KMS.0209')
      }
    })
    while (begun < tries) {
      await client.ok('disable-key', { key_id: id })
      disabled = true
      const from = begun
      while (begun < from + 200) await sleep(1)
      disabled = false
      // Calls that began while it was disabled are answered before it is enabled.
      await until(() => lateUnderWay === 0, 10_000)
      await client.ok('enable-key', { key_id: id })
    }
    inFlight = false
    await Promise.all(stream)
    client.close()
    assert.equal(violations, 0)
  })
}

test('what is erased can no longer be read from any file of the data folder', async () => {
  await using server = await TestServer.start()
  const client = server.client()
  const isThere = (bytes: Uint8Array): boolean => isInFiles(server.data, bytes)
  const read = (sql: string): Uint8Array[] => {
    const db = new DatabaseSync(join(server.data, 'holdfast.db'), { readOnly: true })
    const rows = db.prepare(sql).all()
    db.close()
    return rows.map((row) => Object.values(row)[0] as Uint8Array)
  }
  const keys: string[] = []
  // Enough neighbours for pages to fill up, split and be rebuilt.
  for (let i = 0; i < 40; i++)
    keys.push(await client.createKey({ origin: i % 2 === 0 ? 'external' : 'kms' }))
  const material = randomBytes(32)
  for (const id of keys.filter((_, i) => i % 2 === 0)) {
    const [before] = read(`SELECT count(*) FROM import_tokens`)
    const parameters = await client.ok('get-parameters-for-import', {
      key_id: id,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    assert.ok(parameters.import_token && before !== undefined)
    const wrapping = read(`SELECT sealed_private_key FROM import_tokens WHERE key_id = '${id}'`)
    assert.ok(wrapping.length === 1 && wrapping.every(isThere), 'the search finds what is there')
    accepted(await client.import(id, material))
    accepted(await client.call('delete-imported-key-material', { key_id: id }))
    for (const bytes of wrapping)
      assert.equal(
        isThere(bytes.subarray(0, 64)),
        false,
        'a wrapping key of a token is still in a file',
      )
  }
  for (const id of keys.filter((_, i) => i % 2 === 0)) {
    accepted(await client.import(id, material))
    const sealed = read(`SELECT sealed_material FROM key_versions WHERE key_id = '${id}'`)
    assert.ok(sealed.length === 1 && sealed.every(isThere), 'the search finds what is there')
    accepted(await client.call('delete-imported-key-material', { key_id: id }))
    for (const bytes of sealed)
      assert.equal(isThere(bytes.subarray(0, 64)), false, 'sealed material is still in a file')
    refused(await client.call('encrypt-data', { key_id: id, plain_text: 'x' }), 400, 'KMS.1301')
  }
  client.close()
})

test('a full disk refuses calls with 503 and loses nothing; with room again it goes on by itself', {
  timeout: 60_000,
}, async (t) => {
  const disk = newFolder()
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=700', 'tmpfs', disk])
  if (mounted.status !== 0) return t.skip('this machine does not allow mounting a tmpfs')
  try {
    const server = await TestServer.start({ data: disk })
    const client = server.client()
    const id = await client.createKey()
    const ciphertext = await client.encrypt(id, 'kept')
    const filler = join(disk, 'filler')
    for (let size = 3_000_000; size > 1000; size = Math.floor(size / 2)) {
      try {
        writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
      } catch {}
    }
    let refusal = await client.call('encrypt-data', { key_id: id, plain_text: 'x'.repeat(4000) })
    for (let i = 0; i < 2000 && refusal.status === 200; i++)
      refusal = await client.call('create-key', {
        key_alias: `k${i}`,
        key_description: 'x'.repeat(255),
      })
    refused(refusal, 503, 'KMS.0104')
    refused(await client.call('decrypt-data', { cipher_text: ciphertext }), 503, 'KMS.0104')
    assert.equal(server.hasEnded, false)
    const ready = async (): Promise<string> => (await fetch(`${server.url}/readyz`)).text()
    assert.match(await ready(), /audit log cannot be written/)
    rmSync(filler)
    assert.equal(await ready(), 'ready\n')
    assert.equal(await client.decrypt(ciphertext), 'kept')
    assert.equal((await server.logged('store-unwritable')).reason, 'the disk is full')
    assert.ok(await server.logged('store-writable'))
    client.close()
    assert.equal(await server.stop(), 0)
  } finally {
    spawnSync('umount', [disk])
    rmSync(disk, { recursive: true, force: true })
  }
})

test('an fsync that fails ends the server; nothing is acknowledged after it', {
  timeout: 120_000,
}, async (t) => {
  if (withoutStrace !== false) return t.skip(withoutStrace)
  const data = newFolder()
  await (await TestServer.start({ data })).stop()
  for (const when of [3, 5, 8]) {
    const strace = [
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      'trace=fsync,fdatasync',
      '-e',
      `inject=fsync,fdatasync:error=EIO:when=${when}`,
    ]
    const server = await TestServer.start({ data, under: strace })
    const client = server.client()
    const acknowledged: string[] = []
    try {
      for (let i = 0; i < 50; i++) acknowledged.push(await client.createKey())
    } catch {}
    client.close()
    assert.ok(acknowledged.length < 50, 'the failure was met')
    await server.ended()
    const next = await TestServer.start({ data })
    const again = next.client()
    for (const id of acknowledged) assert.equal((await again.describe(id)).key_state, '2')
    again.close()
    await next.stop()
  }
  rmSync(data, { recursive: true, force: true })
})
