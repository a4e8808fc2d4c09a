/**
 * Shares on paper: any k restore the material, fewer reveal nothing, and transcription errors are
 * found.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { SharesError, type SharesFault } from '../../src/custody/share-faults.ts'
import { combineShares, makeShares, type Share } from '../../src/custody/shares.ts'
import { readGolden, unhex } from '../golden/golden.ts'

const text = ({ words }: Share): string => words.join(' ')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fails =
  (reason: SharesFault, source = -1) =>
  (error: unknown) =>
    error instanceof SharesError && error.reason === reason && error.source === source

function choices<T>(from: readonly T[], size: number): T[][] {
  if (size === 0) return [[]]
  return from.flatMap((one, i) =>
    choices(from.slice(i + 1), size - 1).map((rest) => [one, ...rest]),
  )
}

test('any three of five restore the material, in any order; two do not', async () => {
  const material = randomBytes(32)
  const shares = await makeShares(material, 5, 3)
  assert.deepEqual(
    shares.map(({ words }) => words.length),
    [32, 32, 32, 32, 32],
  )
  for (const three of choices(shares, 3)) {
    assert.equal(hex(await combineShares(three.map(text))), hex(material))
    assert.equal(hex(await combineShares(three.toReversed().map(text))), hex(material))
  }
  assert.equal(hex(await combineShares(shares.map(text))), hex(material))
  await assert.rejects(combineShares([]), fails('none'))
  for (const size of [1, 2])
    for (const few of choices(shares, size))
      await assert.rejects(combineShares(few.map(text)), fails('too-few'))
})

test('every size of material and number of shares', async () => {
  for (const size of [16, 32, 48, 64, 66])
    for (const [count, threshold] of [
      [2, 2],
      [3, 2],
      [16, 16],
    ] as const) {
      const material = randomBytes(size)
      const shares = await makeShares(material, count, threshold)
      assert.equal(
        hex(await combineShares(shares.slice(-threshold).map(text))),
        hex(material),
        `${size} bytes, ${threshold} of ${count}`,
      )
    }
  for (const [count, threshold] of [
    [1, 1],
    [17, 3],
    [3, 4],
    [3, 1],
  ] as const)
    await assert.rejects(makeShares(randomBytes(32), count, threshold), RangeError)
  await assert.rejects(makeShares(randomBytes(15), 3, 2), RangeError)
  await assert.rejects(makeShares(randomBytes(67), 3, 2), RangeError)
})

test('shares of two sets, or a repeated share, are named by their position', async () => {
  const [one, other] = [
    await makeShares(randomBytes(32), 3, 2),
    await makeShares(randomBytes(32), 3, 2),
  ] as [Share[], Share[]]
  await assert.rejects(
    combineShares([text(one[0] as Share), text(other[1] as Share)]),
    fails('other-set', 1),
  )
  await assert.rejects(
    combineShares([text(one[0] as Share), text(one[0] as Share)]),
    fails('twice', 1),
  )
  const set = ({ set, threshold, count }: Share): string => `${set} ${threshold}/${count}`
  await assert.rejects(
    combineShares([one[0], other[1], other[2]].map((share) => text(share as Share))),
    {
      message: `Share 1 belongs to set ${set(one[0] as Share)}, share 2 to set ${set(other[0] as Share)}.`,
    },
  )
})

test('two sets of the same material stay distinct', async () => {
  const material = randomBytes(32)
  const [one, same, wider] = [
    await makeShares(material, 3, 2),
    await makeShares(material, 3, 2),
    await makeShares(material, 4, 2),
  ]
  await assert.rejects(
    combineShares([text(one[0] as Share), text(wider[1] as Share)]),
    fails('other-set', 1),
  )
  const mixed = [one[0], same.find(({ words }) => words.at(-4) !== one[0]?.words.at(-4))].map(
    (share) => text(share as Share),
  )
  await assert.rejects(
    combineShares(mixed),
    (error) => fails('wrong')(error) || fails('twice', 1)(error),
  )
})

test('shares match the golden file', async () => {
  const golden = readGolden<{ material: string; words: string[] }[]>('shares')
  for (const { material, words } of golden)
    assert.equal(hex(await combineShares(words)), hex(unhex(material)))
})
