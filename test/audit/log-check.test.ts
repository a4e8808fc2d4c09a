/**
 * Deleted, edited, cut or added leaves are found in a log of any size, from the frontier of its
 * head alone.
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { type AuditLeaf, packed } from '../../src/audit/leaf-groups.ts'
import { LogCheck } from '../../src/audit/log-check.ts'
import { Frontier, leafHash } from '../../src/audit/tree.ts'
import { signRow } from '../../src/crypto/formats/row-mac.ts'
import type { LeafGroup } from '../../src/ports/store.ts'
import { checkEnds, LogWatch, strayRecord } from '../../src/projections/log-watch.ts'
import { groupsOf, leafGroupsIn } from '../fakes/leaf-groups.ts'

function logOf(size: number): {
  leaves: AuditLeaf[]
  head: { id: string; treeSize: number; frontier: Uint8Array }
} {
  const leaves = Array.from({ length: size }, (_, treeIndex) => ({
    treeIndex,
    leaf: Buffer.from(`record ${treeIndex}`),
  }))
  const frontier = new Frontier()
  for (const { leaf } of leaves) frontier.append(leafHash(leaf))
  return { leaves, head: { id: 'n1', treeSize: size, frontier: frontier.encode() } }
}

/** Reads as a store does, in groups. */
function readerOf(leaves: readonly AuditLeaf[], head: object) {
  return readerOfGroups(() => groupsOf('n1', leaves), head)
}

function readerOfGroups(groups: () => readonly LeafGroup[], ...heads: object[]) {
  return { leafGroups: leafGroupsIn(groups), scan: async () => heads as never[] }
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
      nodeSequence: 1300,
      treeRoot: randomBytes(32),
      timeFloor: 0,
      epoch: null,
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
    assert.deepEqual(damaged.faults, [
      'records 1024 to 1279 of the audit log of node n1 are not those that were recorded',
    ])
    assert.equal(damaged.ended.faults, 1)
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

/** The rest of a pass. */
async function passOf(watch: LogWatch) {
  for (;;) {
    const { ended } = await watch.step()
    if (ended !== undefined) return ended
  }
}

describe('a log that went back during a pass', () => {
  const mac = createSecretKey(randomBytes(32))
  const { leaves } = logOf(1300)
  const headOf = (size: number, revision: number) => {
    const values = { nodeSequence: size, treeRoot: randomBytes(32), timeFloor: 0, epoch: null }
    return signRow(mac, 'ledgers', { ...values, ...logOf(size).head }, revision)
  }

  test('is checked again from where it is, and nothing is missing', async () => {
    let state = { found: leaves, head: headOf(1300, 9) }
    const reader = {
      leafGroups: (...asked: Parameters<ReturnType<typeof readerOf>['leafGroups']>) =>
        readerOf(state.found, state.head).leafGroups(...asked),
      scan: (...asked: Parameters<ReturnType<typeof readerOf>['scan']>) =>
        readerOf(state.found, state.head).scan(...asked),
    }
    const watch = new LogWatch(reader, mac)
    assert.deepEqual(await watch.step(), { faults: [] })
    state = { found: leaves.slice(0, 600), head: headOf(600, 5) }
    assert.deepEqual(await passOf(watch), { records: 600, faults: 0 })
    state = { found: leaves.slice(0, 500), head: headOf(600, 5) }
    assert.deepEqual(await passOf(watch), { records: 600, faults: 1 }, 'missing without that')
  })
})

describe('groups of records', () => {
  const mac = createSecretKey(randomBytes(32))
  const signed = ({ head }: ReturnType<typeof logOf>, id: string) => {
    const values = {
      nodeSequence: 0,
      treeRoot: randomBytes(32),
      timeFloor: 0,
      epoch: null,
      ...head,
      id,
    }
    return signRow(mac, 'ledgers', values, 1)
  }
  const faults = async (groups: readonly LeafGroup[], ...heads: object[]): Promise<string[]> => {
    const watch = new LogWatch(
      readerOfGroups(() => groups, ...heads),
      mac,
    )
    const found: string[] = []
    for (;;) {
      const step = await watch.step()
      found.push(...step.faults)
      if (step.ended !== undefined) return found
    }
  }

  test('a pass checks every log, each against its own head', async () => {
    const [one, two] = [logOf(900), logOf(700)]
    const heads = [signed(one, 'n1'), signed(two, 'n2'), signed(logOf(0), 'n3')]
    const groups = [...groupsOf('n1', one.leaves), ...groupsOf('n2', two.leaves)]
    const watch = new LogWatch(
      readerOfGroups(() => groups, ...heads),
      mac,
    )
    let step = await watch.step()
    while (step.ended === undefined) step = await watch.step()
    assert.deepEqual(step, { faults: [], ended: { records: 1600, faults: 0 } })
    const without = [...groupsOf('n1', one.leaves), ...groupsOf('n2', two.leaves.toSpliced(600, 1))]
    assert.deepEqual(await faults(without, ...heads), [
      'record 600 of the audit log of node n2 is missing',
    ])
    const moved = groups.map((group) =>
      group.log === 'n2' && group.firstIndex === 650 ? { ...group, log: 'n1' } : group,
    )
    assert.deepEqual(await faults(moved, ...heads), [
      'records of the audit log of node n1 from 650 on are stored twice',
      'records of the audit log of node n2 from 650 on are missing',
    ])
    const forged = { ...signed(two, 'n2'), treeSize: 600 }
    await assert.rejects(faults(groups, signed(one, 'n1'), forged), {
      code: 'stored-record-corrupt',
    })
  })

  test('a damaged group is a gap: what comes after it is checked', async () => {
    const log = logOf(2000)
    const head = signed(log, 'n1')
    for (const most of [50, 600, 1000]) {
      const groups = groupsOf('n1', log.leaves, most)
      const cut = groups.map((group, i) =>
        i === 0 ? { ...group, leaves: group.leaves.subarray(0, 9) } : group,
      )
      assert.deepEqual(await faults(cut, head), [
        `records 0 to ${most - 1} of the audit log of node n1 are missing`,
      ])
      const edited = log.leaves.with(1999, { treeIndex: 1999, leaf: Buffer.from('x') })
      const both = [...cut.slice(0, 1), ...groupsOf('n1', edited, most).slice(1)]
      assert.equal((await faults(both, head)).length, 2, 'and the edit after it is found')
    }
  })

  test('no place is in two groups: what is read would depend on where a reader begins', async () => {
    const log = logOf(1200)
    const head = signed(log, 'n1')
    const groups = groupsOf('n1', log.leaves)
    const forged = [Buffer.from('a'), Buffer.from('b')]
    for (const [at, leaves] of [
      [3, forged],
      [449, [...forged, ...log.leaves.slice(451, 500).map(({ leaf }) => leaf)]],
      [499, forged.slice(0, 1)],
      [499, [...forged.slice(0, 1), ...log.leaves.slice(500, 550).map(({ leaf }) => leaf)]],
      [501, forged],
      [1001, forged],
    ] as const)
      assert.ok(
        (await faults([...groups, packed('n1', at, leaves)], head)).includes(
          `records of the audit log of node n1 from ${at} on are stored twice`,
        ),
        `${at}`,
      )
    const long = [...log.leaves.slice(450, 500).map(({ leaf }) => leaf), ...forged]
    const longer = groups.map((one) => (one.firstIndex === 450 ? packed('n1', 450, long) : one))
    assert.deepEqual(await faults(longer, head), [
      'records of the audit log of node n1 from 500 on are stored twice',
    ])
  })

  test('a group that is longer than its log is damage at the end, and in nobody’s way', async () => {
    const { leaves, head } = logOf(100)
    const more = [...leaves, { treeIndex: 100, leaf: Buffer.from('x') }]
    const reader = readerOfGroups(() => groupsOf('n1', more, 200), head)
    assert.equal(await strayRecord(reader, head), undefined)
    assert.deepEqual(await checkEnds(reader, head), [
      'the last records of the audit log of node n1 are stored with others that nobody recorded',
    ])
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
    ['the first one is gone', leaves.slice(1), ['record 0 of the audit log of node n1 is missing']],
    [
      'the last one is gone',
      leaves.slice(0, -1),
      [
        'record 20000 of the audit log of node n1, the last one, is missing',
        'records of the audit log of node n1 from 20000 on are missing',
      ],
    ],
    [
      'one near the end is edited',
      edited(19_990),
      ['records 19968 to 19999 of the audit log of node n1 are not those that were recorded'],
    ],
    [
      'one near the end is gone',
      leaves.toSpliced(19_990, 1),
      ['record 19990 of the audit log of node n1 is missing'],
    ],
    ['one far from the end is edited: the first pass finds it', edited(100), []],
  ] as const) {
    test(`${what}`, async () =>
      assert.deepEqual(await checkEnds(readerOf(found, head), head), says))
  }

  test('a record after the head is a stray, unless another node has just recorded it', async () => {
    assert.equal(await strayRecord(readerOf(leaves, head), head), undefined)
    const more = [...groupsOf('n1', leaves), packed('n1', 20_001, [Buffer.from('x')])]
    const stray = (now: object) =>
      strayRecord(
        readerOfGroups(() => more, now),
        head,
      )
    assert.equal(await stray(head), 20_001)
    assert.equal(await stray({ id: 'n1', treeSize: 20_002 }), undefined)
    assert.equal(await stray({ id: 'n2', treeSize: 20_002 }), 20_001, 'in this log')
  })
})
