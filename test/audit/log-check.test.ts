/**
 * Deleted, edited, cut or added leaves are found in a log of any size, from the frontier of its
 * head alone.
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { LogCheck } from '../../src/audit/log-check.ts'
import { Frontier, leafHash } from '../../src/audit/tree.ts'
import { signRow } from '../../src/crypto/formats/row-mac.ts'
import type { AuditLeaf } from '../../src/ports/store.ts'
import { checkEnds, LogWatch, strayRecord } from '../../src/projections/log-watch.ts'

function logOf(size: number): {
  leaves: AuditLeaf[]
  head: { treeSize: number; frontier: Uint8Array }
} {
  const leaves = Array.from({ length: size }, (_, treeIndex) => ({
    treeIndex,
    leaf: Buffer.from(`record ${treeIndex}`),
  }))
  const frontier = new Frontier()
  for (const { leaf } of leaves) frontier.append(leafHash(leaf))
  return { leaves, head: { treeSize: size, frontier: frontier.encode() } }
}

/** Reads as a store does, in pages. */
function readerOf(leaves: readonly AuditLeaf[], head: object) {
  const auditLeaves = async (from: number, limit: number) =>
    leaves.filter(({ treeIndex }) => treeIndex >= from).slice(0, limit)
  return { auditLeaves, scan: async () => [head] as never[] }
}

function faultsOf(leaves: readonly AuditLeaf[], check: LogCheck, page = 7): string[] {
  const faults: string[] = []
  while (!check.isDone)
    faults.push(
      ...check.take(leaves.filter(({ treeIndex }) => treeIndex >= check.next).slice(0, page)),
    )
  return faults
}

describe('all of the log', () => {
  test('as recorded it is intact, for any size of log and of pages', () => {
    for (let size = 0; size < 70; size++) {
      const { leaves, head } = logOf(size)
      for (const page of [1, 7, 100])
        assert.deepEqual(faultsOf(leaves, new LogCheck(head), page), [], `${size}`)
    }
  })

  test('each record is verified: a missing or replaced one is found', () => {
    const { leaves, head } = logOf(45)
    for (const { treeIndex } of leaves) {
      assert.notDeepEqual(
        faultsOf(leaves.toSpliced(treeIndex, 1), new LogCheck(head)),
        [],
        `without ${treeIndex}`,
      )
      const edited = leaves.with(treeIndex, { treeIndex, leaf: Buffer.from('edited') })
      assert.notDeepEqual(faultsOf(edited, new LogCheck(head)), [], `${treeIndex} edited`)
    }
  })

  test('faults are named, and the rest is checked', () => {
    const { leaves, head } = logOf(45)
    const [gap, edit] = [
      leaves.toSpliced(40, 1),
      leaves.with(3, { treeIndex: 3, leaf: Buffer.from('edited') }),
    ]
    assert.deepEqual(faultsOf(gap, new LogCheck(head)), ['record 40 of the audit log is missing'])
    assert.deepEqual(faultsOf(leaves.toSpliced(33, 4), new LogCheck(head)), [
      'records 33 to 36 of the audit log are missing',
    ])
    assert.deepEqual(faultsOf(leaves.slice(0, 43), new LogCheck(head)), [
      'records of the audit log from 43 on are missing',
    ])
    assert.deepEqual(faultsOf(edit, new LogCheck(head)), [
      'records 0 to 31 of the audit log are not those that were recorded',
    ])
    const both = edit.toSpliced(44, 1)
    assert.equal(faultsOf(both, new LogCheck(head)).length, 2)
  })

  test('passes check all of it, page by page, and report at the end whether it was intact', async () => {
    const { leaves, head } = logOf(1300)
    const mac = createSecretKey(randomBytes(32))
    const values = {
      id: 'node',
      nodeSequence: 1300,
      treeRoot: randomBytes(32),
      timeFloor: 0,
      ...head,
    }
    const signed = signRow(mac, 'ledgers', values, 1)
    const found = [...leaves]
    const watch = new LogWatch(readerOf(found, signed), mac)
    const pass = async () => {
      const faults: string[] = []
      for (let steps = 1; ; steps++) {
        const step = await watch.step()
        faults.push(...step.faults)
        if (step.ended !== undefined) return { faults, ended: step.ended, steps }
      }
    }
    const intact = { records: 1300, faults: 0 }
    assert.deepEqual(await pass(), { faults: [], ended: intact, steps: 3 })
    found[1100] = { treeIndex: 1100, leaf: Buffer.from('x') }
    const damaged = await pass()
    assert.deepEqual([damaged.faults.length, damaged.ended.faults], [1, 1])
    found[1100] = leaves[1100] as AuditLeaf
    assert.deepEqual((await pass()).ended, intact, 'a restored log is intact')
    const forged = new LogWatch(readerOf(leaves, { ...signed, treeSize: 1200 }), mac)
    await assert.rejects(
      forged.step(),
      { code: 'stored-record-corrupt' },
      'an altered head is not trusted',
    )
  })
})

describe('the ends of the log', () => {
  test('the last subtrees of a limited number of records are checked, without what came before', () => {
    const { leaves, head } = logOf(45)
    const looked = (atMost: number): number => new LogCheck(head, atMost).next
    assert.deepEqual([45, 44, 13, 12, 5, 4, 1, 0].map(looked), [0, 32, 32, 40, 40, 44, 44, 45])
    assert.deepEqual(faultsOf(leaves.slice(32), new LogCheck(head, 13)), [])
    assert.deepEqual(
      faultsOf(leaves.with(35, { treeIndex: 35, leaf: Buffer.from('x') }), new LogCheck(head, 13)),
      ['records 32 to 39 of the audit log are not those that were recorded'],
    )
  })

  const { leaves, head } = logOf(20_001)
  const edited = (at: number): AuditLeaf[] =>
    leaves.with(at, { treeIndex: at, leaf: Buffer.from('x') })
  for (const [what, found, says] of [
    ['as they were recorded', leaves, []],
    ['the first one is gone', leaves.slice(1), ['record 0 of the audit log is missing']],
    [
      'the last one is gone',
      leaves.slice(0, -1),
      [
        'record 20000 of the audit log, the last one, is missing',
        'records of the audit log from 20000 on are missing',
      ],
    ],
    [
      'one near the end is edited',
      edited(19_990),
      ['records 19968 to 19999 of the audit log are not those that were recorded'],
    ],
    [
      'one near the end is gone',
      leaves.toSpliced(19_990, 1),
      ['record 19990 of the audit log is missing'],
    ],
    ['one far from the end is edited: the first pass finds it', edited(100), []],
  ] as const) {
    test(`${what}`, async () =>
      assert.deepEqual(await checkEnds(readerOf(found, head), head), says))
  }

  test('a record after the head is a stray, unless another node has just recorded it', async () => {
    assert.equal(await strayRecord(readerOf(leaves, head), head), undefined)
    const more = [...leaves, { treeIndex: 20_001, leaf: Buffer.from('x') }]
    assert.equal(await strayRecord(readerOf(more, head), head), 20_001)
    assert.equal(await strayRecord(readerOf(more, { treeSize: 20_002 }), head), undefined)
  })
})
