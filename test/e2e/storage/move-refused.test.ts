/**
 * What `holdfast move` refuses: a file that is damaged, a database that holds anything else, and
 * a wrong root, folder or link. Nothing changes then.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { packed } from '../../../src/audit/leaf-groups.ts'
import { withoutPostgres } from '../../fakes/postgres.ts'
import { TestServer } from '../server.ts'
import { asking, contentAt, MoveScene, move, otherNode } from './move-scene.ts'

const node = "log <> 'tree'"
const foreignGroup = `x'${Buffer.from(packed('other', 0, [new Uint8Array(3)]).leaves).toString('hex')}'`
const damages: readonly (readonly [what: string, sql: string, says: RegExp])[] = [
  [
    'a key',
    'UPDATE keys SET disabled = 1 WHERE id = (SELECT max(id) FROM keys)',
    /the stored record in keys fails its integrity check \([0-9a-f-]{36}\)/,
  ],
  [
    'a project',
    "UPDATE projects SET name = 'x'",
    /the stored record in projects fails its integrity check/,
  ],
  [
    'a figure',
    'UPDATE key_uses SET recent_calls = 7',
    /the stored record in key_uses fails its integrity check/,
  ],
  [
    'a record in the middle of the log',
    `UPDATE log_groups SET leaves = ${foreignGroup}, count = 1 WHERE ${node} AND first_index = 0`,
    /of the audit log of node [0-9a-f]{16} (are not those that were recorded|are missing)/,
  ],
  [
    'a group that is gone',
    `DELETE FROM log_groups WHERE ${node} AND first_index = 0`,
    /record 0 of the audit log of node [0-9a-f]{16} is missing/,
  ],
  [
    'a record past the end',
    `INSERT INTO log_groups SELECT log, 100000, 1, leaves FROM log_groups WHERE ${node} AND first_index = 0`,
    /contains a record 100000 past its end, which nobody recorded/,
  ],
  [
    'a log without a head',
    `INSERT INTO log_groups VALUES ('other', 0, 1, ${foreignGroup})`,
    /records of a log other are stored, which has no head/,
  ],
  [
    'the tree over the logs',
    "UPDATE log_groups SET count = count + 1 WHERE log = 'tree' AND first_index = 0",
    /of the tree over the audit logs/,
  ],
]

function edit(data: string, sql: string): void {
  const db = new DatabaseSync(join(data, 'holdfast.db'))
  assert.ok(Number(db.prepare(sql).run().changes) > 0, sql)
  db.close()
}

describe('a deployment', { skip: withoutPostgres }, () => {
  let scene: MoveScene
  before(async () => {
    scene = await MoveScene.start({ keys: 3, calls: 20 })
  })
  after(() => scene.stop())

  for (const [what, sql, says] of damages)
    test(`is not moved if it is damaged: ${what}`, async () => {
      const data = scene.folder()
      const url = await scene.postgres.database()
      edit(data, sql)
      const { code, stdout, stderr } = await move(data, url)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(
        stderr,
        /^holdfast: [^\n]+holdfast\.db is damaged, and nothing was moved: [^\n]+\n$/,
      )
      assert.match(stderr, says)
      assert.ok(existsSync(join(data, 'holdfast.db')))
      await asking(url, async (server) => {
        const [made] = await server.rows("SELECT to_regclass('deployments')::text AS name")
        assert.equal(made?.name, null, 'the database is as it was')
      })
    })

  test('is moved only to a database that is empty of Holdfast; any other stays as it is', async () => {
    const data = scene.folder()
    const url = await scene.postgres.database()
    await using other = await TestServer.start({ flags: ['--database-url', url] })
    assert.equal(await other.stop(), 0)
    const content = () => contentAt(url)
    const before = await content()
    const refusal = async (says: RegExp, code = 2): Promise<void> => {
      const ended = await move(data, url)
      assert.deepEqual([ended.code, ended.stdout], [code, ''])
      assert.match(ended.stderr, says)
      assert.match(ended.stderr, /^holdfast: [^\n]+\n$/)
      assert.ok(existsSync(join(data, 'holdfast.db')))
    }
    await refusal(/the database holds another deployment: name an empty database/)
    assert.deepEqual(await content(), before)
    await asking(url, (sql) => sql.rows('DELETE FROM deployments'))
    const left = await content()
    await refusal(/holds rows that no interrupted move of this deployment has left there/)
    assert.deepEqual(await content(), left)
    await assert.rejects(
      TestServer.start({ flags: ['--database-url', url] }),
      /ended with 1: holdfast: the database holds rows but no deployment/,
    )
    assert.deepEqual(await content(), left)
  })

  test('that went on in the database is not replaced by what it was', async () => {
    const data = scene.folder()
    const url = await scene.postgres.database()
    assert.equal((await move(data, url)).code, 0)
    const put = (name: string): void => renameSync(join(data, name), join(data, 'holdfast.db'))
    cpSync(join(data, 'holdfast.db.moved'), join(data, 'kept'))
    put('kept')
    const both = await move(data, url)
    assert.match(both.stderr, /contains holdfast\.db and holdfast\.db\.moved: one was put there/)
    put('holdfast.db.moved')
    const again = await move(data, url)
    assert.match(again.stderr, /holds this deployment already, and \S+holdfast\.db was put back/)
    await asking(url, (sql) => sql.rows('DELETE FROM deployments'))
    const behind = await move(data, url)
    assert.match(behind.stderr, /holds rows that no interrupted move of this deployment has left/)
    assert.deepEqual([both.code, again.code, behind.code], [2, 2, 2])
  })

  test('is moved with its own root only, from a server that is stopped, over a link that works', async () => {
    const data = scene.folder()
    const url = await scene.postgres.database()
    const says = async (pattern: RegExp, at = url, more: string[] = []): Promise<void> => {
      const { code, stdout, stderr } = await move(data, at, { flags: more })
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, /^holdfast: [^\n]+\n$/)
      assert.match(stderr, pattern)
    }
    await says(/cannot be used: /, 'postgres://kms@127.0.0.1:9/kms')
    await says(/database "none" does not exist/, scene.postgres.url('none'))
    await using other = await TestServer.start()
    const root = `file:${join(other.data, 'root.key')}`
    await says(/the file root does not belong to this deployment/, url, ['--root', root])
    await using server = await TestServer.start({ data })
    await says(/is in use by another server: stop it first/)
    await scene.decrypts(server)
    assert.equal(await server.stop(), 0)
    assert.equal((await move(data, url)).code, 0)
  })

  test('is not moved while another program uses its file', async () => {
    const data = scene.folder()
    const url = await scene.postgres.database()
    const other = new DatabaseSync(join(data, 'holdfast.db'))
    other.exec('BEGIN; SELECT * FROM keys')
    const { code, stderr } = await move(data, url)
    assert.equal(code, 1)
    assert.match(stderr, /^holdfast: another program uses \S+holdfast\.db: end it, [^\n]+\n$/)
    await assert.rejects(otherNode(data, url), /the database holds rows but no deployment/)
    other.close()
    assert.equal((await move(data, url)).code, 0)
  })

  test('is not moved if its file was restored from an older one', async () => {
    const data = scene.folder()
    const file = join(data, 'holdfast.db')
    cpSync(file, join(data, 'older'))
    await scene.goesOn(data)
    renameSync(join(data, 'older'), file)
    const { code, stderr } = await move(data, await scene.postgres.database())
    assert.equal(code, 1)
    assert.match(stderr, /^holdfast: [^\n]+ the log of node [0-9a-f]+ held \d+ records and holds/)
  })

  test('is not begun again in a database that a folder with data of its own is given', async () => {
    const data = scene.folder()
    const [url, wrong] = [await scene.postgres.database(), await scene.postgres.database()]
    const started = (at: string) => TestServer.start({ data, flags: ['--database-url', at] })
    await assert.rejects(started(url), /the database is empty, and \S+ holds a deployment: move it/)
    assert.equal((await move(data, url)).code, 0)
    await assert.rejects(started(wrong), /was moved to another one \(holdfast\.db\.moved\)/)
    await assert.rejects(
      TestServer.start({ data }),
      /was moved to PostgreSQL, and holdfast\.db\.moved/,
    )
    const elsewhere = await move(data, wrong)
    assert.match(elsewhere.stderr, /was moved to another database: name that one/)
    await using server = await started(url)
    await scene.decrypts(server)
  })

  test('whose move came to its end goes to no other database than that one', async () => {
    const data = scene.folder()
    renameSync(join(data, 'holdfast.db'), join(data, 'holdfast.db.moving'))
    const { code, stderr } = await move(data, await scene.postgres.database())
    assert.equal(code, 2)
    assert.match(stderr, /the move came to its end with another database: name that one/)
    await assert.rejects(
      TestServer.start({ data }),
      /ended with 2: holdfast: a move of the data in \S+ to PostgreSQL was interrupted at its end/,
    )
    renameSync(join(data, 'holdfast.db.moving'), join(data, 'holdfast.db'))
    const server = await TestServer.start({ data })
    await scene.decrypts(server)
    assert.equal(await server.stop(), 0)
  })
})
