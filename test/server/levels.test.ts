/** When a deployment goes to the next level, and what an operator can do about it. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { signRow } from '../../src/crypto/formats/row-mac.ts'
import type { EpochRow, NodeRow, Row } from '../../src/domain/rows.ts'
import type { Submission } from '../../src/ports/journal.ts'
import { Levels } from '../../src/server/node/levels.ts'

const mac = createSecretKey(randomBytes(32))
const now = 1_800_000_000_000
const minute = 60_000

type Seen = { readonly level: number | null; readonly ago?: number; readonly stopped?: true }

function nodeRow({ level, ago = 0, stopped }: Seen, i: number): NodeRow {
  const seenAt = now - ago
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

/** A deployment at level 1 unless it has an epoch, seen by a node that knows level 3. */
function deployment(nodes: readonly NodeRow[], epoch?: EpochRow) {
  const sent: Submission[] = []
  const levels = new Levels({
    journal: {
      submit: (submission, done) => {
        sent.push(submission)
        done('recorded')
      },
      decidingNow: () => now,
      agreedNow: () => now,
    },
    reader: {
      row: async (table) => (table === 'epochs' ? epoch : undefined) as never,
      scan: async (_, after) => (after === null ? nodes : []) as readonly Row<never>[],
    },
    random: { bytes: (n) => new Uint8Array(n) },
    rowMac: mac,
    deployment: 'd',
    newest: 3,
  })
  return { levels, sent }
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
    ['one that stopped', [{ level: 3 }, { level: 1, stopped: true }], 1, false, 3],
    [
      'one seen nine minutes ago',
      [{ level: 3 }, { level: 1, ago: 9 * minute }],
      1,
      false,
      undefined,
    ],
    ['one seen ten minutes ago', [{ level: 3 }, { level: 1, ago: 10 * minute }], 1, false, 3],
    ['all nodes of this release, held', [{ level: 3 }, { level: 3 }], 1, true, undefined],
    ['everything done', [{ level: 3 }], 3, false, undefined],
  ]
  for (const [what, nodes, from, isHeld, to] of rows)
    test(`${what}: from ${from} ${to === undefined ? 'it stays' : `to ${to}`}`, async () => {
      const { levels, sent } = deployment(nodes.map(nodeRow), epochRow(from, isHeld))
      await levels.look()
      assert.deepEqual(
        sent.map(({ setsLevel, entry }) => [setsLevel, entry?.operation, entry?.detail]),
        to === undefined
          ? []
          : [[{ level: to, isHeld: false }, 'set-level', `level ${from} to ${to}`]],
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
