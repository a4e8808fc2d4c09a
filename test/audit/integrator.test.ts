/** The tree over all logs: which heads become leaves of it, and what each leaf says. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, test } from 'node:test'
import { withoutLoss } from '../../src/audit/epochs.ts'
import { headLeaf, Integrator } from '../../src/audit/integrator.ts'
import { packed, readLeaves } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { Frontier, leafHash } from '../../src/audit/tree.ts'
import { verifyRow } from '../../src/crypto/formats/row-mac.ts'
import type { LedgerRow, Row } from '../../src/domain/rows.ts'
import { commitEpoch } from '../../src/ports/epoch-change.ts'
import { StoreUnavailable } from '../../src/ports/store.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { newFolder } from '../e2e/server.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { planOf } from '../fakes/plan.ts'
import { commitRecord } from '../store/commit-record.ts'

const mac = createSecretKey(randomBytes(32))
const deployment = 'd'.repeat(32)
let folder: string
let file: string
let store: SqliteWriter
let reader: SqliteReader
let integrator: Integrator

beforeEach(() => {
  folder = newFolder()
  file = join(folder, 'holdfast.db')
  migrateSqlite(file, { auditLeaf: legacyLeaf, leafGroup: packed })
  store = new SqliteWriter(file)
  reader = new SqliteReader(file)
  integrator = new Integrator({ deployment, rowMac: mac, store })
})
afterEach(() => {
  reader.close()
  store.close()
  rmSync(folder, { recursive: true })
})

const logOf = (id: string): NodeLog => new NodeLog(deployment, mac, firstHead(mac, id, 0))
async function record(log: NodeLog, count = 1): Promise<void> {
  for (let i = 0; i < count; i++) {
    await store.begin(planOf([], { log: log.id }))
    await commitRecord(store, log)
    log.committed()
  }
}
const head = async (id: string): Promise<LedgerRow> =>
  (await reader.row('ledgers', id)) as LedgerRow
const leaves = async (): Promise<string[]> =>
  (await readLeaves(reader, 'tree', 0, 100)).map(({ leaf }) => Buffer.from(leaf).toString('hex'))
const leafOf = async (id: string): Promise<string> =>
  Buffer.from(headLeaf(deployment, await head(id)).encoded).toString('hex')
const integrated = async (id: string): Promise<Row<'integratedHeads'> | undefined> =>
  reader.row('integratedHeads', id)
/** The head of the tree is that of its leaves, and signed. */
async function checkTree(): Promise<void> {
  const tree = await head('tree')
  verifyRow(mac, 'ledgers', tree)
  const frontier = new Frontier()
  for (const leaf of await leaves()) frontier.append(leafHash(Buffer.from(leaf, 'hex')))
  assert.deepEqual(
    [tree.treeSize, Buffer.from(tree.treeRoot), Buffer.from(tree.frontier)],
    [frontier.size, Buffer.from(frontier.root()), Buffer.from(frontier.encode())],
  )
}

test('without any record there is no tree', async () => {
  await integrator.round()
  assert.equal(await reader.row('ledgers', 'tree'), undefined)
})

test('the heads of all nodes that moved become leaves, and no others', async () => {
  const [one, two] = [logOf('one'), logOf('two')]
  await record(one, 3)
  await record(two)
  await integrator.round()
  const first = [await leafOf('one'), await leafOf('two')]
  assert.deepEqual(await leaves(), first)
  for (let i = 0; i < 3; i++) await integrator.round()
  assert.deepEqual(await leaves(), first, 'nothing moved, nor does the tree itself count')
  await record(two, 2)
  await integrator.round()
  assert.deepEqual(await leaves(), [...first, await leafOf('two')])
  await checkTree()
  const found = await Promise.all(['one', 'two'].map(integrated))
  assert.deepEqual(
    found.map((row) => [row?.treeSize, row?.leafIndex]),
    [
      [3, 0],
      [3, 2],
    ],
  )
  assert.deepEqual(Buffer.from(found[1]?.treeRoot ?? []), Buffer.from((await head('two')).treeRoot))
  for (const row of found) verifyRow(mac, 'integratedHeads', row as Row<'integratedHeads'>)
})

test('any number of nodes is read', async () => {
  for (let i = 0; i < 205; i++) await record(logOf(`n${String(i).padStart(3, '0')}`))
  await integrator.round()
  assert.equal((await head('tree')).treeSize, 205)
  await integrator.round()
  assert.equal((await head('tree')).treeSize, 205)
})

test('another node goes on with the same tree', async () => {
  const log = logOf('one')
  const other = new Integrator({ deployment, rowMac: mac, store })
  for (const each of [integrator, other, integrator]) {
    await record(log)
    await each.round()
  }
  assert.equal((await leaves()).length, 3)
  await checkTree()
})

/** Gives a head that was read earlier, or another one, to a log in the store. */
function putBack(id: string, row: LedgerRow): void {
  const db = new DatabaseSync(file)
  db.prepare(
    'UPDATE ledgers SET revision = ?, tree_size = ?, node_sequence = ?, tree_root = ?, frontier = ?, time_floor = ?, mac = ? WHERE id = ?',
  ).run(
    row.revision,
    row.treeSize,
    row.nodeSequence,
    row.treeRoot,
    row.frontier,
    row.timeFloor,
    row.mac,
    id,
  )
  db.close()
}
const lost = async (): Promise<string | null | undefined> =>
  (await reader.row('epochs', deployment))?.lost

test('a head that went back keeps all nodes from writing, until an operator accepts it', async () => {
  const one = logOf('one')
  await record(one, 2)
  const old = await head('one')
  await record(one, 3)
  await integrator.round()
  putBack('one', old)
  const says = 'the log of node one held 5 records and holds 2'
  assert.equal((await integrator.round()).lost, says)
  assert.equal(await lost(), says)
  assert.equal((await head('tree')).treeSize, 1, 'nothing is appended')
  assert.equal((await integrator.round()).lost, says)
  const epoch = (await reader.row('epochs', deployment)) as Row<'epochs'>
  verifyRow(mac, 'epochs', epoch)
  await commitEpoch(store, withoutLoss(mac, deployment, { current: epoch }))
  assert.equal((await integrator.round()).lost, null)
  assert.equal((await leaves()).at(-1), await leafOf('one'), 'the log goes on from what it holds')
  await checkTree()
})

test('so does another root of the same size, and what only this node has seen', async () => {
  await record(logOf('one'))
  await integrator.round()
  const other = logOf('one')
  other.append({ ...anyEntry, operation: 'another' }, 1, [])
  putBack('one', other.ending(0).head)
  const fresh = new Integrator({ deployment, rowMac: mac, store })
  const says = 'the log of node one held other records than it holds, 1 of them'
  assert.equal((await fresh.round()).lost, says)
  assert.equal((await integrator.round()).lost, says)
})

test('an altered head is refused, and nothing is written', async () => {
  await record(logOf('one'))
  const db = new DatabaseSync(file)
  db.exec("UPDATE ledgers SET tree_size = 9 WHERE id = 'one'")
  db.close()
  await assert.rejects(integrator.round(), { code: 'stored-record-corrupt' })
  assert.equal(await reader.row('ledgers', 'tree'), undefined)
  await record(logOf('two'))
})

test('after a failure of the store the next round goes on', async () => {
  await record(logOf('one'))
  store.commit = async () => {
    throw new StoreUnavailable('the disk is full')
  }
  await assert.rejects(integrator.round(), StoreUnavailable)
  Reflect.deleteProperty(store, 'commit')
  await integrator.round()
  assert.deepEqual(await leaves(), [await leafOf('one')])
  await checkTree()
})
