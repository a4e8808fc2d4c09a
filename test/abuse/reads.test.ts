/**
 * No read blocks the loop: every read operation of both APIs over a filled store, and how long each
 * blocked the server's main loop.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { test } from 'node:test'
import { insertRow } from '../../src/crypto/formats/row-writes.ts'
import { Keyring } from '../../src/crypto/keyring.ts'
import { adminRoutes } from '../../src/dialects/admin/routes.ts'
import { huaweiRoutes } from '../../src/dialects/huawei/routes.ts'
import type { KeyRow, Row, RowWrite } from '../../src/domain/rows.ts'
import type { TableName } from '../../src/domain/tables.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { FileKeeper } from '../../src/root/file-keeper.ts'
import { SlottedRoot } from '../../src/root/slots.ts'
import { fieldsOf, rowStatements } from '../../src/store/queries.ts'
import type { Value } from '../../src/store/reads/read.ts'
import { builder } from '../../src/store/sqlite/connection.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { filled, type Schema } from '../e2e/samples.ts'
import { newFolder, TestServer } from '../e2e/server.ts'
import { FakeClock } from '../fakes/clock.ts'
import { hooksModule } from '../fakes/hooks.ts'

const keys = 10_000
const tagsEach = 5
const longestMs = 50

/** What makes an operation read as much as it can; others are called with the least they accept. */
const most: Readonly<Record<string, readonly object[]>> = {
  'list-keys': [
    { limit: 2000, key_spec: 'ALL' },
    { limit: 2000, key_state: '4' },
  ],
  action: [
    { action: 'count', tags: [{ key: 'tag-0' }] },
    { action: 'filter', tags: [{ key: 'tag-0', values: ['common'] }], limit: 1000 },
    {
      action: 'count',
      tags: [0, 1, 2, 3, 4].map((n) => ({ key: `tag-${n}`, values: ['common', 'a', 'b', 'c'] })),
    },
  ],
  keys: [
    { text: 'a', limit: '200' },
    { sort: 'used', limit: '200', offset: '5000' },
  ],
  imports: [{ limit: '200' }, { offset: '9000' }],
}

test('no read blocks the main loop', { timeout: 600_000 }, async () => {
  const data = newFolder()
  const first = await TestServer.start({ data })
  const client = first.client()
  const model = await client.createKey({ origin: 'external' })
  client.close()
  await first.stop()
  await fill(data, model)

  const stretchFile = join(data, 'stretches')
  await using server = await TestServer.start({
    data,
    hooks: { module: hooksModule, data: { stretchFile } },
  })
  const reader = server.client()
  const stretches = (): number[] =>
    existsSync(stretchFile) ? readFileSync(stretchFile, 'utf8').trim().split('\n').map(Number) : []
  await reader.ok('list-keys')
  const tooLong: string[] = []
  let asked = 0
  for (const [method, path, { command, fields }] of [...huaweiRoutes, ...adminRoutes]) {
    if (command.right !== 'read' && command.right !== 'audit') continue
    const name = path.split('/').at(-1) as string
    for (const more of most[name] ?? [{}]) {
      const values = {
        ...(filled(fields as Schema, model, undefined) as object),
        ...more,
      } as Record<string, unknown>
      const named = path.replaceAll(/[:*](\w+)/g, (_, field: string) => {
        const value =
          field === 'project' ? reader.credentials.project_id : String(values[field] ?? model)
        delete values[field]
        return encodeURIComponent(value)
      })
      rmSync(stretchFile, { force: true })
      const query =
        method === 'GET' ? `?${new URLSearchParams(values as Record<string, string>)}` : ''
      const answer = await reader.send(
        reader.sign(method, named + query, method === 'GET' ? undefined : values),
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.ok(
        answer.status < 500,
        `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`,
      )
      const longest = Math.max(0, ...stretches())
      if (longest > longestMs)
        tooLong.push(`${method} ${path} ${JSON.stringify(more)}: ${longest} ms`)
      asked++
    }
  }
  reader.close()
  assert.ok(asked > 20, `${asked} reads`)
  assert.deepEqual(tooLong, [])
})

/**
 * Intact rows, written directly into the store of a stopped server: keys like the model, each with
 * tags, a draft and a token.
 */
async function fill(data: string, model: string): Promise<void> {
  const file = join(data, 'holdfast.db')
  const reader = new SqliteReader(file)
  const like = (await reader.row('keys', model)) as KeyRow
  const project = await reader.row('projects', like.projectId)
  const [deployment] = await reader.scan('deployments', null, 1)
  const slots = await reader.scan('rootSlots', null, 10)
  reader.close()
  assert.ok(project !== undefined && deployment !== undefined)
  const keeper = new FileKeeper(join(data, 'root.key'))
  const root = new SlottedRoot({ keeper, clock: new FakeClock(0), random: systemRandom })
  const { rowMac } = new Keyring(await root.open(deployment.id, slots), deployment).openProject(
    project,
  )
  const db = new DatabaseSync(file)
  const prepared = new Map<
    TableName,
    { readonly fields: readonly string[]; readonly statement: StatementSync }
  >()
  const insert = ({ table, row }: RowWrite): void => {
    const statement = () => db.prepare(rowStatements(builder, table).insert.compile().sql)
    const { fields, statement: run } = prepared.get(table) ?? {
      fields: fieldsOf(table),
      statement: statement(),
    }
    prepared.set(table, { fields, statement: run })
    run.run(...fields.map((field) => (row as unknown as Record<string, Value>)[field] ?? null))
  }
  const { revision: _, schemaVersion: __, mac: ___, ...values } = like
  const write = <T extends TableName>(table: T, row: object): void =>
    insert(insertRow(rowMac, table, row as never) as RowWrite)
  db.exec('BEGIN')
  for (let i = 0; i < keys; i++) {
    const id = `00000000-0000-4000-8000-${100_000_000_000 + i}`
    const own = { keyId: id, projectId: like.projectId, createdAt: like.createdAt }
    write('keys', {
      ...values,
      id,
      alias: `alias-${i}`,
      listNumber: like.listNumber + 1 + i,
    } satisfies Partial<Row<'keys'>>)
    for (let n = 0; n < tagsEach; n++)
      write('keyTags', {
        ...own,
        id: `${id}/tag-${n}`,
        name: `tag-${n}`,
        value: n < 3 ? 'common' : `v${i % 7}`,
      })
    write('importDrafts', {
      id,
      projectId: like.projectId,
      userId: 'u',
      step: 'kind',
      choices: '{}',
      updatedAt: i,
    })
  }
  db.exec('COMMIT')
  db.close()
}
