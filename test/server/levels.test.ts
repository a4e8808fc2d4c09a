/** When a deployment goes to the next level, and what an operator can do about it. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { signRow } from '../../src/crypto/formats/row-mac.ts'
import { type EpochRow, type NodeRow, type Row, versionOf } from '../../src/domain/rows.ts'
import type { Submission } from '../../src/ports/journal.ts'
import { upgradeText } from '../../src/server/commands/upgrade-command.ts'
import { Levels, type LevelView } from '../../src/server/node/levels.ts'

const mac = createSecretKey(randomBytes(32))
const now = 1_800_000_000_000
const minute = 60_000

type Seen = { readonly level: number | null; readonly ago?: number; readonly stopped?: true }

function nodeRow({ level, ago = 0, stopped }: Seen, i: number, at = now): NodeRow {
  const seenAt = at - ago
  return signRow(
    mac,
    'nodes',
    {
      id: `n${i}`,
      version: '1',
      address: '10.0.0.1:1',
      startedAt: 0,
      seenAt,
      stoppedAt: stopped ? seenAt : null,
      level,
    },
    1,
  )
}

function epochRow(level: number | null, isHeld: boolean): EpochRow {
  const none = { timeFloor: 0, clockAccepted: 0, lossAccepted: 0, lost: null }
  return signRow(
    mac,
    'epochs',
    { id: 'd', epoch: 1, ...none, level, levelHeld: isHeld ? 1 : null },
    1,
  )
}

/**
 * A deployment at level 1 unless it has an epoch, seen by its first node, which knows level 3.
 * `goOn` lets time pass in steps, in each of which that node says that it is there, or not.
 */
function deployment(nodes: NodeRow[], epoch?: EpochRow) {
  let at = now
  const sent: Submission[] = []
  const levels = new Levels({
    journal: {
      submit: (submission, done) => {
        sent.push(submission)
        done('recorded')
      },
      decidingNow: () => at,
      agreedNow: () => at,
    },
    reader: {
      row: async (table, id) =>
        (table === 'epochs' ? epoch : nodes.find((one) => one.id === id)) as never,
      scan: async (_, after) => (after === null ? nodes : []) as readonly Row<never>[],
    },
    random: { bytes: (n) => new Uint8Array(n) },
    rowMac: mac,
    deployment: 'd',
    node: 'n0',
    newest: 3,
  })
  const goOn = async (ms: number, isThere: boolean): Promise<void> => {
    for (const end = at + ms; at < end; ) {
      at += minute / 2
      if (isThere) nodes[0] = nodeRow({ level: 3 }, 0, at)
      await levels.look()
    }
  }
  return { levels, sent, goOn }
}

describe('the level of a deployment', () => {
  const rows: readonly (readonly [
    what: string,
    nodes: readonly Seen[],
    from: number,
    isHeld: boolean,
    to: number | undefined,
  ])[] = [
    ['one node', [{ level: 3 }], 1, false, 3],
    ['all nodes of this release', [{ level: 3 }, { level: 3 }], 1, false, 3],
    ['a node from before there were levels', [{ level: 3 }, { level: null }], 1, false, undefined],
    ['a node of the release before', [{ level: 3 }, { level: 2 }], 1, false, 2],
    ['the same, and no further', [{ level: 3 }, { level: 2 }], 2, false, undefined],
    ['a node of a later release', [{ level: 3 }, { level: 4 }], 1, false, 3],
    [
      'one that stopped, and may be starting again',
      [{ level: 3 }, { level: 1, stopped: true, ago: 9 * minute }],
      1,
      false,
      undefined,
    ],
    [
      'one that stopped ten minutes ago',
      [{ level: 3 }, { level: 1, stopped: true, ago: 10 * minute }],
      1,
      false,
      3,
    ],
    [
      'one that was not there for an hour, as this one may not have been',
      [{ level: 3 }, { level: 1, ago: 60 * minute }],
      1,
      false,
      undefined,
    ],
    ['all others, but not this one', [{ level: 3, ago: 2 * minute }], 1, false, undefined],
    ['all nodes of this release, held', [{ level: 3 }, { level: 3 }], 1, true, undefined],
    ['everything done', [{ level: 3 }], 3, false, undefined],
  ]
  for (const [what, nodes, from, isHeld, to] of rows)
    test(`${what}: from ${from} ${to === undefined ? 'it stays' : `to ${to}`}`, async () => {
      const { levels, sent } = deployment(
        nodes.map((one, i) => nodeRow(one, i)),
        epochRow(from, isHeld),
      )
      await levels.look()
      assert.deepEqual(
        sent.map(({ setsLevel, entry }) => [setsLevel, entry?.operation, entry?.detail]),
        to === undefined
          ? []
          : [[{ level: to, isHeld: false }, 'set-level', `level ${from} to ${to}`]],
      )
    })

  test('a node that this one did not see for ten minutes is not waited for', async () => {
    const { sent, goOn } = deployment([nodeRow({ level: 3 }, 0), nodeRow({ level: 1 }, 1)])
    await goOn(9 * minute, true)
    assert.equal(sent.length, 0)
    await goOn(2 * minute, true)
    assert.deepEqual(sent[0]?.setsLevel, { level: 3, isHeld: false })
  })

  test('after the store was away for all nodes, they are waited for again', async () => {
    const { sent, goOn } = deployment([nodeRow({ level: 3 }, 0), nodeRow({ level: 1 }, 1)])
    await goOn(minute, true)
    await goOn(20 * minute, false)
    await goOn(9 * minute, true)
    assert.equal(sent.length, 0)
    await goOn(2 * minute, true)
    assert.equal(sent[0]?.setsLevel?.level, 3)
  })

  test('what is set depends on the epoch that was read', async () => {
    const epoch = epochRow(1, false)
    const { levels, sent } = deployment([nodeRow({ level: 3 }, 0)], epoch)
    await levels.look()
    await levels.hold()
    const guards = [['epochs', 'd', versionOf(epoch)]]
    assert.deepEqual(
      sent.map((one) => one.guards),
      [guards, guards],
    )
  })

  test('without an epoch it is at the first', async () => {
    const { levels, sent } = deployment([nodeRow({ level: 3 }, 0)])
    assert.equal((await levels.view()).level, 1)
    await levels.look()
    assert.deepEqual(sent[0]?.setsLevel, { level: 3, isHeld: false })
  })

  test('a node that somebody else wrote into the table decides nothing', async () => {
    const foreign = { ...nodeRow({ level: 1 }, 0), level: 3 }
    const { levels, sent } = deployment([foreign])
    await assert.rejects(levels.look(), { code: 'stored-record-corrupt' })
    assert.deepEqual(sent, [])
  })

  test('an operator holds it once, and ends that although a node of the release before runs', async () => {
    const before = [nodeRow({ level: 3 }, 0), nodeRow({ level: 2 }, 1)]
    const one = deployment(before, epochRow(2, false))
    await one.levels.hold()
    assert.deepEqual(one.sent[0]?.setsLevel, { level: 2, isHeld: true })
    assert.equal(one.sent[0]?.entry?.principal, 'operator')
    const held = deployment(before, epochRow(2, true))
    await assert.rejects(held.levels.hold(), /is held at level 2/)
    await held.levels.finish()
    assert.deepEqual(held.sent[0]?.setsLevel, { level: 3, isHeld: false })
    assert.equal(held.sent[0]?.entry?.detail, 'level 2 to 3')
    const done = deployment(before, epochRow(3, false))
    await assert.rejects(
      done.levels.finish(),
      /is at level 3, and this release knows no higher one/,
    )
  })
})

describe('what holdfast upgrade prints', () => {
  const node = { id: 'n1', version: '1', address: '10.0.0.1:1', seenAt: now, level: 1 }
  const view: LevelView = { level: 1, newest: 2, isHeld: false, nodes: [] }
  const rows: readonly (readonly [view: LevelView, text: RegExp])[] = [
    [view, /^level 1 of 2: it rises within a minute while a node runs$/],
    [{ ...view, nodes: [{ ...node, level: 2 }] }, /^level 1 of 2: it rises within a minute/],
    [
      { ...view, nodes: [node, { ...node, id: 'n2', level: 2 }] },
      /^level 1 of 2: waiting for n1\nn1 {2}release 1, up to level 1, 10\.0\.0\.1:1, seen \S+\nn2 /,
    ],
    [{ ...view, isHeld: true }, /^level 1, held: nodes can go back/],
    [{ ...view, level: 2 }, /^level 2: nothing is left to do$/],
  ]
  for (const [seen, expected] of rows)
    test(String(expected), () => assert.match(upgradeText(seen), expected))
})
