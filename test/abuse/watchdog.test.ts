/**
 * A stuck loop ends the process, and a signal to stop does not wait for it; a process that was
 * suspended and resumed survives.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newFolder, TestServer } from '../e2e/server.ts'
import { hooksModule } from '../fakes/hooks.ts'

/** A server whose loop is stuck in `gen-random` as long as the gate exists. */
async function stuckServer(...flags: string[]) {
  const gate = join(newFolder(), 'gate')
  const hooks = { module: hooksModule, data: { stuck: { operation: 'generate-random', gate } } }
  return { server: await TestServer.start({ hooks, flags }), gate }
}

test('a loop that is stuck', { timeout: 120_000, concurrency: 3 }, async (t) => {
  const cases = [
    { name: 'of the main thread ends the process', flags: ['--workers', '1'], signal: false },
    {
      name: 'of one of two request threads ends the process',
      flags: ['--workers', '2'],
      signal: false,
    },
    { name: 'does not outlast a signal to stop', flags: ['--workers', '1'], signal: true },
  ]
  await Promise.all(
    cases.map(({ name, flags, signal }) =>
      t.test(name, async () => {
        const { server, gate } = await stuckServer(...flags)
        await using _ = server
        const client = server.client()
        writeFileSync(gate, '')
        // With two threads either may get the call: both have to end the process.
        client.call('gen-random', { random_data_length: '512' }).catch(() => undefined)
        const began = performance.now()
        await sleep(500)
        if (signal) server.process.kill('SIGTERM')
        assert.equal(await server.ended(), 70)
        const seconds = (performance.now() - began) / 1000
        assert.ok(seconds > 9 && seconds < 25, `${seconds} s`)
        const stuck = await server.logged('loop-stuck')
        assert.match(String(stuck.subject), /^requests-\d$/)
        assert.deepEqual([stuck.seconds, stuck.work], [10, 'generate-random'])
        rmSync(gate)
      }),
    ),
  )
})

test('a loop that is stuck for a shorter time recovers', { timeout: 60_000 }, async () => {
  const { server, gate } = await stuckServer()
  await using _ = server
  writeFileSync(gate, '')
  const call = server.client().call('gen-random', { random_data_length: '512' })
  await sleep(5000)
  rmSync(gate)
  assert.equal((await call).status, 200)
  assert.equal(await server.stop(), 0)
  assert.doesNotMatch(server.output, /silent/)
})

test('a process that was suspended for longer than a loop may be silent goes on', {
  timeout: 60_000,
}, async () => {
  await using server = await TestServer.start()
  server.process.kill('SIGSTOP')
  await sleep(13_000)
  server.process.kill('SIGCONT')
  await sleep(3000)
  assert.equal(
    (await server.client().call('gen-random', { random_data_length: '512' })).status,
    200,
  )
  assert.equal(await server.stop(), 0)
  assert.doesNotMatch(server.output, /silent/)
})
