/**
 * A kill by the kernel at the n-th write or fsync of any thread, for any purpose: no change in the
 * product, no failpoint.
 *
 * @fuller
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import type { HuaweiClient } from '../e2e/client.ts'
import { newFolder, TestServer } from '../e2e/server.ts'
import { isDeepRun } from '../tiers.ts'
import { missing } from '../tools.ts'
import { AuditCheck } from './audit-check.ts'

const withoutStrace = missing('strace', 'pkill')

/**
 * Which call of a thread is its last one: some during its start, some in the middle of its work.
 */
const cases = [
  ['pwrite64', [1, 3, 8, 20, 60, 120, 210, 330, 470]],
  ['fsync', [1, 2, 3, 5, 8, 13, 21, 34]],
] as const

for (const [call, all] of cases) {
  const last = isDeepRun ? all : all.slice(4, 5)
  test(`killed at the n-th ${call}: what was acknowledged is there, the log is whole`, {
    timeout: 200_000,
  }, async (t) => {
    if (withoutStrace !== false) return t.skip(withoutStrace)
    const data = newFolder()
    const audit = new AuditCheck(data)
    await (await TestServer.start({ data })).stop()
    const acknowledged = new Map<string, string>()
    let killed = 0
    try {
      for (const n of last) {
        const strace = [
          'strace',
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          '-e',
          `trace=${call}`,
          '-e',
          `inject=${call}:signal=SIGKILL:when=${n}`,
        ]
        const server = await TestServer.start({ data, under: strace }).catch(() => undefined)
        if (server !== undefined) {
          const client = server.client()
          const lived = await life(client, acknowledged).then(
            () => true,
            () => false,
          )
          client.close()
          if (lived) spawnSync('pkill', ['-KILL', '-P', String(server.process.pid)])
          else killed++
          await server.ended()
        } else killed++
        const next = await TestServer.start({ data })
        const client = next.client()
        for (const [id, ciphertext] of acknowledged)
          assert.equal(await client.decrypt(ciphertext), id)
        client.close()
        await audit.run()
        await audit.rows()
        await next.stop()
      }
      assert.ok(killed >= (isDeepRun ? 5 : 1), `only ${killed} kills were met`)
      if (isDeepRun) assert.ok(acknowledged.size > 0)
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })
}

/**
 * Takes keys through their lifecycle, until the server is gone. A ciphertext counts once its key
 * can be relied on: nothing is undone afterwards.
 */
async function life(client: HuaweiClient, acknowledged: Map<string, string>): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const id = await client.createKey({ origin: 'external' })
    const material = randomBytes(32)
    await client.import(id, material)
    await client.ok('delete-imported-key-material', { key_id: id })
    await client.import(id, material)
    acknowledged.set(id, await client.encrypt(id, id))
  }
}
