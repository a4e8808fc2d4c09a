/**
 * Sign-ins that wait for their hash: whose turn each takes, and that outcomes are processed one
 * after the other.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadedProject } from '../../src/access/principals.ts'
import { SignIn } from '../../src/access/sign-in.ts'
import type { Count, Counts, SignInFailures } from '../../src/access/sign-in-failures.ts'
import type { UserLookup } from '../../src/access/user-lookup.ts'
import type { ProjectRow, UserRow } from '../../src/domain/rows.ts'
import type { Turn } from '../../src/domain/turns.ts'

const frame = { revision: 1, schemaVersion: 1, mac: new Uint8Array(32) }
const user = {
  ...frame,
  id: 'ann',
  projectId: 'p',
  name: 'ann',
  passwordHash: 'hash',
  sealedPasswordHash: null,
  disabled: 0,
  role: 'admin',
} as UserRow
const project = { row: { ...frame, id: 'p' } as ProjectRow } as LoadedProject
const source = '203.0.113.7'

/** Sign-in whose hashes end when the test decides, and which allows three failures. */
function signIn(proven = false) {
  const turns: Turn[] = []
  const hashes: ((matches: boolean) => void)[] = []
  let failed = 0
  let failing = 0
  const failures = {
    countsOf: async (): Promise<Counts> => {
      const own: Count = { id: 'ann in the block', of: 'user-in-block' }
      const shown: readonly Count[] = [
        own,
        { id: 'ann', of: 'user' },
        { id: 'the block', of: 'block' },
      ]
      return { counts: proven ? [own] : shown, shown }
    },
    waitMs: async () => (failed >= 3 ? 1000 : 0),
    fail: async () => {
      assert.equal(failing++, 0, 'one outcome at a time')
      await new Promise(setImmediate)
      failed++
      failing--
    },
    succeed: async () => {},
  } as unknown as SignInFailures
  const lookup = {
    find: async () => ({ found: { user, project }, place: 'p' }),
  } as unknown as UserLookup
  const none = { peek: () => undefined, load: async () => undefined, drop: () => {} }
  const subject = new SignIn({
    accessKeys: none,
    users: none,
    projects: none,
    sessions: none,
    failures,
    lookup,
    hashes: {
      hash: async () => '',
      matches: (turn) => {
        turns.push(turn)
        return new Promise((resolve) => hashes.push(resolve))
      },
    },
    onHeldBack: () => {},
  })
  const attempt = () =>
    subject
      .withPassword({
        userName: 'ann',
        password: new Uint8Array(8),
        stated: { domains: [], projects: [] },
        source,
      })
      .then(
        () => 'in',
        () => 'refused',
      )
  const queued = async (count: number): Promise<void> => {
    while (hashes.length < count) await new Promise(setImmediate)
  }
  return { attempt, turns, hashes, queued, failed: () => failed }
}

test('of guesses that wait together only the free ones count, and a right one among the rest is not accepted', async () => {
  const { attempt, hashes, queued, failed } = signIn()
  const outcomes = Array.from({ length: 10 }, attempt)
  await queued(10)
  for (const [i, end] of hashes.entries()) end(i === 9)
  assert.deepEqual(new Set(await Promise.all(outcomes)), new Set(['refused']))
  assert.equal(failed(), 3)
})

test('a right password whose hash was ready before those failures is accepted', async () => {
  const { attempt, hashes, queued } = signIn()
  const outcomes = Array.from({ length: 5 }, attempt)
  await queued(5)
  for (const [i, end] of hashes.entries()) end(i === 0)
  assert.deepEqual((await Promise.all(outcomes))[0], 'in')
})

for (const [proven, turn] of [
  [false, { party: '203.0.113.0/24', principal: 'ann' }],
  [true, { party: 'ann in the block', principal: 'ann in the block', isKnown: true }],
] as const)
  test(`a user ${proven ? 'who signed in from there before goes first' : 'from an unknown place takes the turn of its block'}`, async () => {
    const { attempt, hashes, queued, turns } = signIn(proven)
    const outcome = attempt()
    await queued(1)
    hashes[0]?.(true)
    assert.equal(await outcome, 'in')
    assert.deepEqual(turns, [turn])
  })
