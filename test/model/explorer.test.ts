/** The explorer itself: it visits every state once, and its counterexamples are the shortest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, type Model } from './explorer.ts'

/** Two jugs of 3 and 5 litres: the riddle asks for 4. */
type Jugs = { readonly small: number; readonly large: number }

function* pours({ small, large }: Jugs): Generator<readonly [string, Jugs]> {
  yield ['fill the small one', { small: 3, large }]
  yield ['fill the large one', { small, large: 5 }]
  yield ['empty the small one', { small: 0, large }]
  yield ['empty the large one', { small, large: 0 }]
  const toLarge = Math.min(small, 5 - large)
  yield ['small into large', { small: small - toLarge, large: large + toLarge }]
  const toSmall = Math.min(large, 3 - small)
  yield ['large into small', { small: small + toSmall, large: large - toSmall }]
}

const jugs: Model<Jugs> = {
  initial: { small: 0, large: 0 },
  next: pours,
  key: ({ small, large }) => `${small} ${large}`,
  invariants: { 'no jug overflows': ({ small, large }) => small <= 3 && large <= 5 },
}

test('every state is visited once', () => {
  // One of the two is always empty or full.
  assert.deepEqual(explore(jugs), { states: 16, depth: 7, broken: undefined })
})

test('a counterexample has the fewest actions', () => {
  const invariants = { ...jugs.invariants, 'nobody gets 4': ({ large }: Jugs) => large !== 4 }
  assert.deepEqual(explore({ ...jugs, invariants }).broken, {
    invariant: 'nobody gets 4',
    trace: [
      'fill the large one',
      'large into small',
      'empty the small one',
      'large into small',
      'fill the large one',
      'large into small',
    ],
  })
})

test('the first state is checked as well', () => {
  const invariants = { 'something is full': ({ small }: Jugs) => small > 0 }
  const { broken, depth } = explore({ ...jugs, invariants })
  assert.deepEqual(broken, { invariant: 'something is full', trace: [] })
  assert.equal(depth, 0)
})

test('a model that does not end is an error', () => {
  const counting: Model<number> = {
    initial: 0,
    next: (n) => [['one more', n + 1]],
    key: String,
    invariants: {},
  }
  assert.throws(() => explore(counting, 1000), /more than 1000 states/)
})
