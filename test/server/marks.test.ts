/** What a node remembers of its log outside the store, and what it finds by that. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { AuditLeaf } from '../../src/audit/leaf-groups.ts'
import { Frontier, leafHash } from '../../src/audit/tree.ts'
import { signRow } from '../../src/crypto/formats/row-mac.ts'
import type { LedgerRow } from '../../src/domain/rows.ts'
import {
  lossSince,
  type Mark,
  markFile,
  readMarks,
  writeMarks,
} from '../../src/server/node/marks.ts'
import { DataFolder } from '../../src/store/folder.ts'
import { newFolder } from '../e2e/server.ts'
import { groupsOf, leafGroupsIn } from '../fakes/leaf-groups.ts'

const mac = createSecretKey(randomBytes(32))

/** @param from index of the first leaf that is another one than elsewhere. */
function leavesOf(size: number, from = size): AuditLeaf[] {
  return Array.from({ length: size }, (_, treeIndex) => ({
    treeIndex,
    leaf: Buffer.from(`record ${treeIndex}${treeIndex >= from ? ' of a fork' : ''}`),
  }))
}
function frontierOf(leaves: readonly AuditLeaf[]): Frontier {
  const frontier = new Frontier()
  for (const { leaf } of leaves) frontier.append(leafHash(leaf))
  return frontier
}
function markOf(leaves: readonly AuditLeaf[], epoch = 0): Mark {
  return { log: 'n1', epoch, treeSize: leaves.length, frontier: frontierOf(leaves).encode() }
}
function headOf(leaves: readonly AuditLeaf[]): LedgerRow {
  const frontier = frontierOf(leaves)
  const values = { nodeSequence: leaves.length, timeFloor: 0, epoch: null }
  const tree = { treeSize: leaves.length, treeRoot: frontier.root(), frontier: frontier.encode() }
  return signRow(mac, 'ledgers', { id: 'n1', ...values, ...tree }, 1)
}

const plain = ({ frontier, ...mark }: Mark) => ({ ...mark, frontier: frontier.toHex() })

describe('the file of marks', () => {
  let path: string
  let folder: DataFolder
  beforeEach(() => {
    path = newFolder()
    chmodSync(path, 0o700)
    folder = DataFolder.open(path)
  })
  afterEach(() => rmSync(path, { recursive: true }))

  test('holds what was written last, for each log, and nobody else reads it', async () => {
    assert.deepEqual(readMarks(folder), [])
    const marks = [markOf(leavesOf(3)), { ...markOf(leavesOf(1000), 7), log: 'n1-5' }]
    for (const written of [[], marks.slice(1), marks]) {
      await writeMarks(folder.file(markFile), written)
      assert.deepEqual(readMarks(folder).map(plain), written.map(plain))
    }
    assert.equal(statSync(folder.file(markFile)).mode & 0o777, 0o600)
    assert.deepEqual(
      readdirSync(path).filter((name) => name.startsWith(markFile)),
      [markFile],
    )
  })

  const damaged: readonly (readonly [what: string, text: string])[] = [
    ['empty', ''],
    ['cut', '[{"log":"n1","epoch":0'],
    ['no list', '{"log":"n1"}'],
    ['no subtrees', '[{"log":"n1","epoch":0,"treeSize":3,"frontier":""}]'],
    ['no size', '[{"log":"n1","epoch":0,"frontier":""}]'],
    ['no hexadecimal', '[{"log":"n1","epoch":0,"treeSize":0,"frontier":"zz"}]'],
  ]
  for (const [what, text] of damaged)
    test(`damaged, ${what}: it is named, with what it is for`, () => {
      writeFileSync(folder.file(markFile), text, { mode: 0o600 })
      assert.throws(() => readMarks(folder), /marks\.json is damaged: .* remove it to start/)
    })
})

describe('since a mark', () => {
  const found = (mark: Mark, leaves: readonly AuditLeaf[], head?: LedgerRow, epoch = 0) =>
    lossSince(
      { leafGroups: leafGroupsIn(() => groupsOf('n1', leaves)), scan: async () => [] },
      mark,
      head,
      epoch,
    )

  const cases: readonly (readonly [
    what: string,
    mark: Mark,
    leaves: readonly AuditLeaf[],
    loss: string | undefined,
  ])[] = [
    ['nothing happened', markOf(leavesOf(70)), leavesOf(70), undefined],
    ['the last second before a crash', markOf(leavesOf(70)), leavesOf(97), undefined],
    ['thousands of records', markOf(leavesOf(70)), leavesOf(2500), undefined],
    ['less', markOf(leavesOf(70)), leavesOf(69), 'the log of node n1 held 70 records and holds 69'],
    ['nothing left', markOf(leavesOf(70)), [], 'the log of node n1 held 70 records and holds 0'],
    [
      'a fork of the same size',
      markOf(leavesOf(70)),
      leavesOf(70, 69),
      'the log of node n1 held other records than it holds, 70 of them',
    ],
    [
      'a fork that went on',
      markOf(leavesOf(70)),
      leavesOf(200, 50),
      'the log of node n1 held other records than it holds, 70 of them',
    ],
  ]
  for (const [what, mark, leaves, loss] of cases)
    test(`${what}: ${loss ?? 'no loss'}`, async () => {
      assert.equal(await found(mark, leaves, headOf(leaves)), loss)
    })

  test('no head at all is a loss', async () => {
    const loss = await found(markOf(leavesOf(4)), [])
    assert.equal(loss, 'the log of node n1 held 4 records and holds 0')
  })

  test('records that were edited or removed afterwards are no loss: they are reported as such', async () => {
    const leaves = leavesOf(97)
    const edited = leaves.with(80, { treeIndex: 80, leaf: Buffer.from('edited') })
    for (const stored of [edited, leaves.toSpliced(80, 1), leaves.slice(0, 90)])
      assert.equal(await found(markOf(leavesOf(70)), stored, headOf(leaves)), undefined)
  })

  test('what an operator accepted since is no loss', async () => {
    const [mark, now] = [markOf(leavesOf(70), 2), leavesOf(3)]
    assert.match(String(await found(mark, now, headOf(now), 2)), /held 70 records/)
    assert.equal(await found(mark, now, headOf(now), 3), undefined)
    assert.match(String(await found(mark, now, headOf(now), 1)), /held 70 records/)
  })
})
