/**
 * A kill at every step of a first start and of the creation of keys.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newFolder, TestServer } from '../e2e/server.ts'
import { hooksModule } from '../fakes/hooks.ts'
import { AuditCheck } from './audit-check.ts'

/** Neither takes this many steps: a loop that exceeds it would not end by itself. */
const mostSteps = 60

test('create: killed at every step, the key exists completely or not at all', {
  timeout: 240_000,
}, async () => {
  const data = newFolder()
  const gate = join(data, 'gate')
  const audit = new AuditCheck(data)
  try {
    for (let step = 0; ; step++) {
      assert.ok(step < mostSteps)
      const failpoint = { name: '*', action: 'kill', after: step, gate }
      const server = await TestServer.start({
        data,
        hooks: { module: hooksModule, data: { failpoint } },
      })
      const client = server.client()
      if (step > 0) {
        const { keys } = await client.ok('list-keys', { limit: 2000 })
        for (const id of keys)
          assert.equal(await client.decrypt(await client.encrypt(id, 'whole')), 'whole')
        await audit.run()
        await audit.rows()
      }
      writeFileSync(gate, '')
      const answer = await client
        .call('create-key', { key_alias: `key-${step}` })
        .catch(() => undefined)
      if (answer === undefined) await server.ended()
      rmSync(gate)
      client.close()
      if (answer === undefined) continue
      assert.ok(step > 4, `only ${step} steps were met`)
      await server.stop()
      return
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})

test('first start: killed at every step, the next start goes on from there', {
  timeout: 240_000,
}, async () => {
  for (let step = 0; ; step++) {
    assert.ok(step < mostSteps)
    const data = newFolder()
    const gateFolder = newFolder()
    const gate = join(gateFolder, 'gate')
    try {
      writeFileSync(gate, '')
      const failpoint = { name: '*', action: 'kill', after: step, gate }
      const first = await TestServer.start({
        data,
        hooks: { module: hooksModule, data: { failpoint } },
      }).catch(() => undefined)
      const met = readFileSync(gate, 'utf8')
      const bootstrap = join(data, 'bootstrap.json')
      const written = existsSync(bootstrap) ? readFileSync(bootstrap, 'utf8') : undefined
      if (first !== undefined) await first.signal('SIGKILL')
      const second = await TestServer.start({ data })
      const client = second.client()
      if (written !== undefined)
        assert.equal(
          readFileSync(bootstrap, 'utf8'),
          written,
          'credentials that were written once stay',
        )
      assert.equal((await client.get('user-quotas')).status, 200)
      client.close()
      const audit = new AuditCheck(data)
      await audit.run()
      await audit.rows()
      await second.stop()
      if (met === '') {
        assert.ok(step > 8, `only ${step} steps were met`)
        return
      }
    } finally {
      rmSync(data, { recursive: true, force: true })
      rmSync(gateFolder, { recursive: true, force: true })
    }
  }
})
