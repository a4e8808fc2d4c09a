/**
 * `holdfast move`, killed anywhere: the deployment is in one place, and the next run moves it.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { withoutPostgres } from '../../fakes/postgres.ts'
import { TestServer } from '../server.ts'
import { until } from '../until.ts'
import { asking, audited, filesIn, MoveScene, move, otherNode } from './move-scene.ts'

/** Where it is killed, after how many times, and what may start then: the file, the database. */
const kills: readonly (readonly [point: string, after: number, file: boolean, there: boolean])[] = [
  ['move:page', 0, true, false],
  ['move:page', 25, true, false],
  ['move:copied', 0, true, false],
  ['store:before-erase', 0, true, false],
  ['move:set-aside', 0, false, false],
  ['store:before-commit', 0, false, false],
  ['store:committed', 0, false, true],
]

describe('a move', { skip: withoutPostgres }, () => {
  let scene: MoveScene
  before(async () => {
    scene = await MoveScene.start({ keys: 300, calls: 1200 })
  })
  after(() => scene.stop())

  for (const [name, passed, ofFile, ofDatabase] of kills)
    test(`that is killed at ${name} ${passed} is in one place, and is moved by the next run`, async () => {
      const data = scene.folder()
      const url = await scene.postgres.database()
      const gate = join(data, 'gate')
      writeFileSync(gate, '')
      const killed = await move(data, url, {
        failpoint: { name, action: 'kill', after: passed, gate },
      })
      assert.equal(killed.code, 'SIGKILL', killed.stderr)
      if (ofFile) {
        // What was copied of it is not what it is any longer.
        await scene.goesOn(data)
      } else
        await assert.rejects(
          TestServer.start({ data }),
          /ended with 2: holdfast: a move of the data in \S+ to PostgreSQL was interrupted at its end/,
        )
      if (ofDatabase) {
        await using server = await otherNode(data, url)
        await scene.decrypts(server)
        assert.equal(await server.stop(), 0)
      } else {
        await assert.rejects(otherNode(data, url), /the database holds rows but no deployment/)
        if (!ofFile) {
          const elsewhere = await move(data, await scene.postgres.database())
          assert.match(elsewhere.stderr, /the move came to its end with another database/)
        }
      }
      const again = await move(data, url)
      assert.equal(again.code, 0, again.stderr)
      assert.deepEqual(filesIn(data), ['holdfast.db.moved'])
      await using server = await TestServer.start({ data, flags: ['--database-url', url] })
      await scene.decrypts(server)
      assert.equal(await server.stop(), 0)
      await audited(data, url)
    })

  test('that the database does not commit stays in its file', async () => {
    const data = scene.folder()
    const url = await scene.postgres.database()
    const gate = join(data, 'gate')
    writeFileSync(gate, '')
    const moving = move(data, url, {
      failpoint: { name: 'store:begun', action: 'block', after: 0, gate },
    })
    await asking(scene.postgres.url('postgres'), async (sql) => {
      const name = url.split('/').at(-1)
      // The one that has begun the last transaction.
      const cut = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND query LIKE '%found.id%'`
      await until(async () => (await sql.rows(cut)).length > 0, 30_000)
    })
    assert.deepEqual(filesIn(data), ['holdfast.db.moving'])
    rmSync(gate)
    const { code, stderr } = await moving
    assert.deepEqual(filesIn(data), ['holdfast.db'])
    assert.equal(code, 1, stderr)
    assert.match(stderr, /^holdfast: [^\n]+\n$/)
    await using server = await TestServer.start({ data })
    await scene.decrypts(server)
    assert.equal(await server.stop(), 0)
    assert.equal((await move(data, url)).code, 0)
  })
})
