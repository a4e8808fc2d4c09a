/** Shares on paper: any k give the material back, fewer give nothing, and a slip of the pen is found. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { combineShares, makeShares, readShare, type Share, SharesError, type SharesFault } from '../../src/owner/shares.ts'
import { readGolden, unhex } from '../golden/golden.ts'

const text = ({ words }: Share): string => words.join(' ')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const fails =
  (reason: SharesFault, which = -1) =>
  (error: unknown) =>
    error instanceof SharesError && error.reason === reason && error.which === which

function choices<T>(from: readonly T[], size: number): T[][] {
  if (size === 0) return [[]]
  return from.flatMap((one, i) => choices(from.slice(i + 1), size - 1).map((rest) => [one, ...rest]))
}

test('any three of five give the material, in any order; no two do', async () => {
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
  for (const size of [0, 1, 2])
    for (const few of choices(shares, size)) await assert.rejects(combineShares(few.map(text)), fails('too-few'))
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

test('every word that is another, and every two that changed places, is found', async () => {
  const [one] = (await makeShares(randomBytes(32), 3, 2)) as [Share]
  for (let at = 0; at < one.words.length; at++) {
    const wrong = one.words.with(at, wordlist[(wordlist.indexOf(one.words[at] as string) + 1 + at) % 2048] as string)
    assert.throws(() => readShare(wrong.join(' '), 4), fails('checksum', 4))
    const [a, b] = [one.words[at] as string, one.words[(at + 1) % 32] as string]
    if (a !== b)
      assert.throws(
        () =>
          readShare(
            one.words
              .with(at, b)
              .with((at + 1) % 32, a)
              .join(' '),
          ),
        fails('checksum', 0),
      )
    assert.throws(() => readShare(one.words.toSpliced(at, 1).join(' ')), fails('checksum', 0))
  }
  assert.throws(() => readShare(one.words.with(0, 'xyzzy').join(' ')), fails('word', 0))
  assert.throws(() => readShare('abandon abandon'), fails('length', 0))
  assert.throws(() => readShare(''), fails('length', 0))
})

test('a share is read however it is spaced, numbered or capitalised', async () => {
  const material = randomBytes(32)
  const shares = await makeShares(material, 3, 2)
  const numbered = shares.map(({ words }) => words.map((word, i) => `${i + 1}. ${word.toUpperCase()}`).join('\n'))
  assert.equal(hex(await combineShares(numbered.slice(1))), hex(material))
})

test('shares of two sets, or one twice, are told by their place', async () => {
  const [one, other] = [await makeShares(randomBytes(32), 3, 2), await makeShares(randomBytes(32), 3, 2)] as [Share[], Share[]]
  await assert.rejects(combineShares([text(one[0] as Share), text(other[1] as Share)]), fails('other-set', 1))
  await assert.rejects(combineShares([text(one[0] as Share), text(one[0] as Share)]), fails('twice', 1))
})

test('shares are those of the golden file', async () => {
  const golden = readGolden<{ material: string; words: string[] }[]>('shares')
  for (const { material, words } of golden) assert.equal(hex(await combineShares(words)), hex(unhex(material)))
})
