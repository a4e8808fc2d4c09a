/**
 * Where secrets must not be: files, logs, answers, arguments, environment, heaps. With a check that
 * the search finds what is there.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hooksModule } from '../../fakes/hooks.ts'
import { accepted } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

/** Request threads; the threads of the writer and of the reports come on top. */
const workers = Number(process.env.HOLDFAST_WORKERS ?? 1)

type Canary = { readonly name: string; readonly bytes: Buffer }

/** Every spelling in which a secret could have leaked. */
function spellings({ bytes }: Canary): Buffer[] {
  const texts = [
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ]
  return [bytes, ...texts.map((text) => Buffer.from(text)), Buffer.from([...bytes].join(','))]
}

function found(canaries: readonly Canary[], haystack: Buffer): string[] {
  return canaries
    .filter((canary) => spellings(canary).some((needle) => haystack.includes(needle)))
    .map(({ name }) => name)
}

test('material, secret key and password are only in bootstrap.json', {
  timeout: 120_000,
}, async () => {
  const data = newFolder()
  const gates = newFolder()
  const snapshotGate = join(gates, 'snapshot')
  const output: Buffer[] = []
  try {
    await using server = await TestServer.start({
      data,
      flags: ['--workers', String(workers)],
      hooks: { module: hooksModule, data: { snapshotGate } },
    })
    const bootstrap = JSON.parse(readFileSync(join(data, 'bootstrap.json'), 'utf8'))
    const material = randomBytes(32)
    const secrets: Canary[] = [
      { name: 'material', bytes: material },
      { name: 'secret key', bytes: Buffer.from(bootstrap.secret_key) },
      { name: 'password', bytes: Buffer.from(bootstrap.password) },
      { name: 'root slot key', bytes: readFileSync(join(data, 'root.key')).subarray(-32) },
    ]
    const control: Canary = {
      name: 'alias',
      bytes: Buffer.from(`control-${randomBytes(8).toString('hex')}`),
    }
    const client = server.client()
    const id = await client.createKey({ origin: 'external', key_alias: control.bytes.toString() })
    accepted(await client.import(id, material))
    for (let i = 0; i < 500; i++)
      assert.equal(
        await client.decrypt(await client.encrypt(id, `plaintext ${i}`)),
        `plaintext ${i}`,
      )
    // Failures must not reveal details either: the material in place of other values, in every
    // field.
    const hex = material.toString('hex')
    const headers = { 'x-sdk-content-sha256': hex, 'x-project-id': hex, 'x-security-token': hex }
    const fields = {
      key_id: hex,
      plain_text: hex,
      cipher_text: hex,
      import_token: hex,
      encrypted_key_material: hex,
      key_alias: `${hex}!`,
      limit: hex,
    }
    for (const operation of [
      'encrypt-data',
      'decrypt-data',
      'import-key-material',
      'create-key',
      'list-keys',
      hex,
    ]) {
      output.push(Buffer.from(JSON.stringify((await client.call(operation, fields)).body)))
      const signed = client.sign('POST', `/v1.0/${hex}/kms/${operation}`, fields, headers)
      output.push(Buffer.from(JSON.stringify((await client.send(signed)).body)))
    }
    client.close()

    const running = server.process.pid
    for (const file of ['cmdline', 'environ']) output.push(readFileSync(`/proc/${running}/${file}`))
    writeFileSync(snapshotGate, '')
    await until(() => globSync(`${snapshotGate}.*.heapsnapshot`).length === workers + 2, 60_000)
    const heaps = globSync(`${snapshotGate}.*.heapsnapshot`).map((file) => readFileSync(file))
    assert.ok(
      heaps.some((heap) => found([control], heap).length === 1),
      'the search finds what a heap holds',
    )
    assert.ok(heaps.some((heap) => heap.includes(bootstrap.access_key)))
    for (const heap of heaps) assert.deepEqual(found(secrets, heap), [], 'a heap holds a secret')

    for (const stopped of [false, true]) {
      if (stopped) await server.stop()
      const files = globSync('**', { cwd: data }).filter(
        (file) =>
          !['bootstrap.json', 'root.key', '.', ''].includes(file) &&
          existsSync(join(data, file)) &&
          statSync(join(data, file)).isFile(),
      )
      const hash: Canary = { name: 'hash of a password', bytes: Buffer.from('$argon2id$') }
      for (const file of files)
        assert.deepEqual(found([...secrets, hash], readFileSync(join(data, file))), [], file)
      assert.ok(
        files.some((file) => found([control], readFileSync(join(data, file))).length === 1),
        'the search finds what a file holds',
      )
    }
    output.push(Buffer.from(server.output))
    for (const part of output) assert.deepEqual(found(secrets, part), [])
  } finally {
    rmSync(data, { recursive: true, force: true })
    rmSync(gates, { recursive: true, force: true })
  }
})

test('a signal does not open the inspector', async () => {
  await using server = await TestServer.start()
  server.process.kill('SIGUSR1')
  const client = server.client()
  await client.get('user-quotas').catch(() => undefined)
  client.close()
  const sockets = readFileSync('/proc/net/tcp', 'utf8')
  const inspectorPort = (9229).toString(16).toUpperCase().padStart(4, '0')
  assert.equal(sockets.includes(`0100007F:${inspectorPort}`), false)
})
