/** The root of trust at start: file and passphrase, missing, wrong, damaged; and folders that are not for use. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { newFolder, TestServer } from './server.ts'

const refusal = (says: RegExp) => (error: Error) => {
  assert.match(error.message, /the server ended with 1: holdfast: [^\n]+\n$/)
  assert.match(error.message, says)
  return true
}

test('the files of a first start are for their owner alone', async () => {
  await using server = await TestServer.start()
  for (const file of ['bootstrap.json', 'root.key', 'holdfast.db', 'holdfast.db-wal']) {
    assert.equal(statSync(join(server.data, file)).mode & 0o077, 0, file)
  }
  assert.equal(statSync(server.data).mode & 0o077, 0)
  const bootstrap = JSON.parse(readFileSync(join(server.data, 'bootstrap.json'), 'utf8'))
  assert.match(bootstrap.project_id, /^[0-9a-f]{32}$/)
  assert.match(bootstrap.domain_id, /^[0-9a-f]{32}$/)
  assert.match(bootstrap.account_id, /^\d{12}$/)
  assert.match(bootstrap.access_key, /^[A-Z0-9]{20}$/)
  assert.match(bootstrap.secret_key, /^[A-Za-z0-9]{40}$/)
})

test('a second server on the same folder is refused', async () => {
  await using server = await TestServer.start()
  await assert.rejects(TestServer.start({ data: server.data }), refusal(/another server uses/))
  const client = server.client()
  assert.equal((await client.get('user-quotas')).status, 200)
  client.close()
})

test('a folder that others can read is refused', async () => {
  const data = newFolder()
  chmodSync(data, 0o755)
  await assert.rejects(TestServer.start({ data }), refusal(/chmod 700/))
  rmSync(data, { recursive: true })
})

test('a root key that is missing, cut, of another deployment or of no deployment: a line says which, and nothing is written', {
  timeout: 60_000,
}, async () => {
  const [data, other] = [newFolder(), newFolder()]
  for (const folder of [data, other]) await (await TestServer.start({ data: folder })).stop()
  const kept = newFolder()
  cpSync(data, kept, { recursive: true })
  const rootKey = join(data, 'root.key')
  const damages: readonly [says: RegExp, damage: () => void][] = [
    [/missing/, () => rmSync(rootKey)],
    [/damaged/, () => truncateSync(rootKey, 40)],
    [/does not belong to this deployment/, () => cpSync(join(other, 'root.key'), rootKey)],
    [/no root key file/, () => writeFileSync(rootKey, 'x'.repeat(58))],
  ]
  const database = readFileSync(join(kept, 'holdfast.db'))
  for (const [says, damage] of damages) {
    damage()
    const before = existsSync(rootKey) ? readFileSync(rootKey) : undefined
    await assert.rejects(TestServer.start({ data }), refusal(says))
    assert.deepEqual(readFileSync(join(data, 'holdfast.db')), database)
    assert.deepEqual(existsSync(rootKey) ? readFileSync(rootKey) : undefined, before, 'no root is made over what is there')
    cpSync(join(kept, 'root.key'), rootKey)
  }
  await (await TestServer.start({ data })).stop()
  for (const folder of [data, other, kept]) rmSync(folder, { recursive: true })
})

test('a passphrase opens what it closed; another one does not', { timeout: 60_000 }, async () => {
  const data = newFolder()
  const file = join(newFolder(), 'passphrase')
  writeFileSync(file, 'correct horse battery staple\n')
  const flags = ['--root', 'passphrase', '--passphrase-file', file]
  const first = await TestServer.start({ data, flags })
  const client = first.client()
  const id = await client.createKey()
  const ciphertext = await client.encrypt(id, 'kept')
  client.close()
  await first.stop()
  assert.equal(existsSync(join(data, 'root.key')), false, 'there is no key in the folder')
  const second = await TestServer.start({ data, flags })
  const again = second.client()
  assert.equal(await again.decrypt(ciphertext), 'kept')
  again.close()
  await second.stop()
  writeFileSync(file, 'correct horse battery stable\n')
  await assert.rejects(TestServer.start({ data, flags }), refusal(/passphrase is wrong/))
  await assert.rejects(TestServer.start({ data }), refusal(/no root slot of kind file/))
  await assert.rejects(TestServer.start({ data, flags: ['--root', 'passphrase'] }), refusal(/--passphrase-file/))
  writeFileSync(file, 'short\n')
  const empty = newFolder()
  await assert.rejects(TestServer.start({ data: empty, flags }), refusal(/at least 12 bytes/))
  for (const folder of [data, empty]) rmSync(folder, { recursive: true, force: true })
})

test('on a terminal a passphrase is asked for without being shown, and a new one twice', { timeout: 60_000 }, (t) => {
  if (spawnSync('python3', ['-c', 'import pty']).status !== 0) return t.skip('python3 is not installed')
  const data = newFolder()
  const start = (...typed: string[]): { status: number | null; stdout: string } => {
    const command = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      'src/main.ts',
      'server',
      '--data',
      data,
      '--listen',
      '127.0.0.1:0',
      '--root',
      'passphrase',
    ]
    return spawnSync('python3', ['test/e2e/terminal.py', ...typed, '--', ...command], { encoding: 'utf8' })
  }
  const differing = start('correct horse battery', 'correct horse batter')
  assert.match(differing.stdout, /the two passphrases differ/)
  assert.equal(differing.status, 1)
  const first = start('correct horse battery', 'correct horse battery')
  assert.match(first.stdout, /New root passphrase: \r\nThe same once more: \r\nholdfast ready on/)
  assert.equal(first.status, 0)
  const again = start('correct horse batterx\u007fy')
  assert.match(again.stdout, /^Root passphrase: \r\nholdfast ready on/)
  const wrong = start('correct horse batter')
  assert.match(wrong.stdout, /passphrase is wrong/)
  assert.doesNotMatch([differing, first, again, wrong].map(({ stdout }) => stdout).join(''), /horse/)
  rmSync(data, { recursive: true })
})

test('a schema of a newer release is refused, and stays as it is', async () => {
  const data = newFolder()
  await (await TestServer.start({ data })).stop()
  const db = new DatabaseSync(join(data, 'holdfast.db'))
  db.exec('PRAGMA user_version=99')
  db.close()
  await assert.rejects(TestServer.start({ data }), refusal(/newer Holdfast/))
  rmSync(data, { recursive: true })
})

test('after a start, what expired meanwhile is erased at once; what was due for deletion waits', {
  timeout: 60_000,
}, async () => {
  const { hooksModule, moveClock } = await import('../fakes/hooks.ts')
  const { until } = await import('./until.ts')
  const data = newFolder()
  const clockFile = join(data, 'clock')
  const hooks = { module: hooksModule, data: { clockFile } }
  const first = await TestServer.start({ data, hooks })
  const client = first.client()
  const expiring = await client.createKey({ origin: 'external' })
  await client.import(expiring, crypto.getRandomValues(new Uint8Array(32)), {
    expiration_time: Math.floor(Date.now() / 1000) + 3600,
  })
  const ending = await client.createKey()
  await client.ok('schedule-key-deletion', { key_id: ending, pending_days: 7 })
  client.close()
  await first.stop()
  const moved = 8 * 86_400_000
  moveClock(clockFile, { wallMs: moved, monotonicMs: 0 })
  const second = await TestServer.start({ data, hooks })
  const later = second.client()
  later.clock = () => Date.now() + moved
  await until(async () => (await later.describe(expiring)).expiration_time === '', 10_000)
  assert.equal((await later.describe(expiring)).key_state, '5')
  await new Promise((resolve) => setTimeout(resolve, 2500))
  assert.equal((await later.describe(ending)).key_state, '4', 'an hour of running comes first')
  moveClock(clockFile, { wallMs: moved + 3_700_000, monotonicMs: 3_700_000 })
  later.clock = () => Date.now() + moved + 3_700_000
  await until(async () => (await later.call('describe-key', { key_id: ending })).status === 404, 10_000)
  later.close()
  await second.stop()
  rmSync(data, { recursive: true })
})

test('a clock that jumps refuses use at once and undoes nothing: erasure and deletion wait until it is right', {
  timeout: 60_000,
}, async () => {
  const { hooksModule, moveClock } = await import('../fakes/hooks.ts')
  const data = newFolder()
  const clockFile = join(data, 'clock')
  const server = await TestServer.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
  const client = server.client()
  const id = await client.createKey({ origin: 'external' })
  const material = crypto.getRandomValues(new Uint8Array(32))
  await client.import(id, material, { expiration_time: Math.floor(Date.now() / 1000) + 30 * 86_400 })
  const ending = await client.createKey()
  await client.ok('schedule-key-deletion', { key_id: ending, pending_days: 7 })
  const ciphertext = await client.encrypt(id, 'kept')
  const years = 10 * 365 * 86_400_000
  moveClock(clockFile, { wallMs: years, monotonicMs: 0 })
  client.clock = () => Date.now() + years
  assert.equal((await client.call('decrypt-data', { cipher_text: ciphertext })).body.error.error_code, 'KMS.1301')
  await new Promise((resolve) => setTimeout(resolve, 2500))
  assert.match(server.output, /erasure and deletion wait/)
  moveClock(clockFile, { wallMs: 0, monotonicMs: 0 })
  client.clock = Date.now
  assert.equal(await client.decrypt(ciphertext), 'kept')
  assert.equal((await client.describe(ending)).key_state, '4')
  client.close()
  await server.stop()
  rmSync(data, { recursive: true })
})
