/**
 * Guessing passwords: what a stranger can try, and that no stranger keeps the owner out. On real
 * SQLite, with a clock controlled by the test.
 */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { recordedOutcome } from '../../src/access/sign-in.ts'
import { signInDigest } from '../../src/access/sign-in-failures.ts'
import {
  countsKept,
  longestWaitMs,
  provenKeptMs,
  type Tried,
  waitMs,
} from '../../src/domain/access/sign-in-limits.ts'
import { HeldBack } from '../../src/domain/errors.ts'
import { addressBlock } from '../../src/wire/addresses.ts'
import { readGolden, unhex } from '../golden/golden.ts'
import { Deployment, idOf, passwordOf, region } from './deployment.ts'

const home = '192.0.2.7'
const elsewhere = '198.51.100.9'
const inSecond = { domains: [], projects: ['second'] }
const inFirst = { domains: [], projects: [region] }

const waits: readonly (readonly [tried: Tried, free: number])[] = [
  ['user-in-block', 3],
  ['user', 7],
  ['block', 19],
]
for (const [tried, free] of waits)
  test(`${free} failures of ${tried} are free; each further one doubles the wait, up to 15 minutes`, () => {
    assert.deepEqual(
      [free, free + 1, free + 2, free + 3, free + 10, free + 11, free + 10_000].map((failures) =>
        waitMs(tried, failures),
      ),
      [0, 1000, 2000, 4000, 512_000, longestWaitMs, longestWaitMs],
    )
  })

const blocks: readonly (readonly [
  block: string,
  inIt: readonly string[],
  notInIt: readonly string[],
])[] = [
  [
    '192.0.2.0/24',
    ['192.0.2.1', '192.0.2.255', '::ffff:192.0.2.9', '::FFFF:192.0.2.9'],
    ['192.0.3.1', '2001:db8::1'],
  ],
  ['127.0.0.0/24', ['127.0.0.1'], ['::1']],
  ['0:0:0:0::/64', ['::1', '::', '0:0:0:0:1:2:3:4', '::1:2:3:4'], ['0:0:0:1::1']],
  [
    '2001:db8:0:a::/64',
    [
      '2001:db8:0:a::1',
      '2001:DB8:0:A:ffff::',
      '2001:0db8:0000:000a:1:2:3:4',
      '2001:db8:0:a:1:2:192.0.2.1',
    ],
    ['2001:db8:0:b::1', '2001:db8:a::1'],
  ],
  ['fe80:0:0:0::/64', ['fe80::1%eth0', 'fe80::2'], ['fe81::1']],
  ['unknown', ['unknown'], ['']],
]
for (const [block, inIt, notInIt] of blocks)
  test(`addresses of the block ${block}`, () => {
    for (const address of inIt) assert.equal(addressBlock(address), block, address)
    for (const address of notInIt) assert.notEqual(addressBlock(address), block, address)
  })

test('counts are named by digests, as in the golden file', () => {
  const { rowMacKey, digests } = readGolden<{
    rowMacKey: string
    digests: { parts: string[]; digest: string }[]
  }>('sign-in-counts')
  for (const { parts, digest } of digests)
    assert.equal(signInDigest(createSecretKey(unhex(rowMacKey)), parts), digest)
})

describe('guessing', () => {
  let deployment: Deployment
  beforeEach(async () => {
    deployment = new Deployment()
    await deployment.add([{ project: region }, { project: 'second' }])
  })
  afterEach(() => deployment.end())

  /** `in`, `wrong`, or how many seconds to wait. */
  const hears = async (
    password: string,
    stated: typeof inFirst,
    source: string,
    userName = 'admin',
  ): Promise<string> => {
    const before = deployment.heldBack.length
    try {
      await deployment.signIn.withPassword({
        userName,
        password: Buffer.from(password),
        stated,
        source,
      })
      return 'in'
    } catch (error) {
      assert.equal(recordedOutcome(error), 'credentials-invalid', String(error))
      const isHeldBack = error instanceof HeldBack
      assert.equal(deployment.heldBack.length - before, isHeldBack ? 1 : 0, 'what is reported')
      return isHeldBack ? `wait ${error.seconds}` : 'wrong'
    }
  }
  const enters = async (...guess: Parameters<typeof hears>): Promise<boolean> =>
    (await hears(...guess)) === 'in'
  const owner = (source = home): Promise<boolean> => enters(passwordOf(region), inFirst, source)
  /** Guesses at a user of the first project that were compared with the password. */
  const looked = async (userName = 'admin', place = idOf(region)): Promise<number> => {
    const counts = await deployment.failures.ofUser(place, userName)
    return counts.find(({ id }) => !id.includes('/'))?.count ?? 0
  }

  test('of 10,000 guesses from one address, interleaved with sign-ins to a project of their own, at most 20 are checked', async () => {
    for (let guess = 0; guess < 10_000; guess++) {
      assert.equal(await enters(`guess ${guess}`, inFirst, elsewhere), false)
      if (guess % 100 === 0)
        assert.equal(await enters(passwordOf('second'), inSecond, elsewhere), true, String(guess))
      deployment.clock.advance(3)
    }
    assert.ok((await looked()) >= 4)
    assert.ok((await looked()) <= 20, `${await looked()} were looked at`)
  })

  test('of 2,000 guesses from as many address blocks at most 20 are checked, and the owner can always sign in at home', async () => {
    assert.equal(await owner(), true)
    for (let guess = 0; guess < 2000; guess++) {
      const source = `10.${guess >> 8}.${guess & 255}.1`
      assert.equal(await enters(`guess ${guess}`, inFirst, source), false)
      if (guess % 100 === 0) assert.equal(await owner(), true, `after ${guess} guesses`)
      deployment.clock.advance(15)
    }
    assert.ok((await looked()) <= 20, `${await looked()} were looked at`)
    assert.equal(
      await owner(elsewhere),
      false,
      'from a block where the owner has never been, the right one waits too',
    )
    deployment.clock.advance(longestWaitMs)
    assert.equal(await owner(elsewhere), true)
  })

  test('a right password clears the count of its own block, and none of the counts from elsewhere', async () => {
    for (let guess = 0; guess < 3; guess++) await enters('wrong', inFirst, home)
    for (let guess = 0; guess < 3; guess++) await enters('wrong', inFirst, elsewhere)
    assert.equal(await owner(), true)
    const [total, ...inBlocks] = await deployment.failures.ofUser(idOf(region), 'admin')
    assert.deepEqual([total?.count, inBlocks.map(({ count }) => count)], [6, [3]])
  })

  test('failures of a user do not count for a user of the same name in another project', async () => {
    for (let guess = 0; guess < 20; guess++) await enters('wrong', inFirst, elsewhere)
    assert.equal(await owner(elsewhere), false)
    assert.equal(await enters(passwordOf('second'), inSecond, '203.0.113.1'), true)
  })

  test('existing and unknown users wait alike: by place and by name, in any spelling', async () => {
    const outcomes = async (
      userName: string,
      stated: typeof inFirst,
    ): Promise<readonly number[]> => {
      for (let guess = 0; guess < 12; guess++) {
        await enters('wrong', stated, `10.1.${guess}.1`, userName)
        deployment.clock.advance(500)
      }
      const { place } = await deployment.lookup.find(userName, stated)
      return (await deployment.failures.ofUser(place, userName)).map(({ count }) => count)
    }
    const known = await outcomes('admin', inFirst)
    assert.deepEqual(await outcomes('nobody', inFirst), known)
    assert.deepEqual(await outcomes('admin', { domains: [], projects: ['elsewhere'] }), known)
    const spellings = ['x', 'X', 'ｘ'].map((name) => deployment.failures.ofUser(idOf(region), name))
    await enters('wrong', inFirst, elsewhere, 'x')
    for (const rows of await Promise.all(spellings)) assert.deepEqual(rows, [])
    for (const name of ['x', 'X', 'ｘ']) assert.equal(await looked(name), 1, name)
  })

  test('a caller who tries many names from one block has to wait; users who signed in from there before do not', async () => {
    assert.equal(await owner(), true)
    for (let name = 0; name < 25; name++) await enters('wrong', inFirst, home, `nobody ${name}`)
    assert.equal(await enters(passwordOf('second'), inSecond, home), false, 'never used from here')
    assert.equal(await owner(), true)
  })

  test('guesses from the owner’s own block delay that block and no other', async () => {
    assert.equal(await owner(), true)
    assert.equal(await owner(elsewhere), true)
    for (let guess = 0; guess < 10; guess++) await enters('wrong', inFirst, home)
    assert.equal(await owner(), false)
    assert.equal(await owner(elsewhere), true)
    assert.equal(await looked(), 0, 'they count for that block alone')
  })

  test('16 blocks are kept per user, those used last', async () => {
    for (let block = 0; block < 20; block++) {
      assert.equal(await owner(`10.2.${block}.1`), true)
      deployment.clock.advance(1000)
    }
    assert.equal((await deployment.reader.scan('provenPlaces', null, 100)).length, 16)
    for (let guess = 0; guess < 50; guess++) await enters('wrong', inFirst, `10.3.${guess}.1`)
    assert.equal(await owner('10.2.0.1'), false, 'the first one is forgotten')
    for (let block = 4; block < 20; block++) assert.equal(await owner(`10.2.${block}.1`), true)
  })

  test('a block is recorded when it is new, and then at most once a day', async () => {
    const revisions = async () =>
      (await deployment.reader.scan('provenPlaces', null, 100)).map(({ revision }) => revision)
    for (const [wait, expected] of [
      [0, 1],
      [1000, 1],
      [86_400_000, 2],
    ] as const) {
      deployment.clock.advance(wait)
      assert.equal(await owner(), true)
      assert.deepEqual(await revisions(), [expected])
    }
    assert.ok(provenKeptMs > 86_400_000)
  })

  test('the current password of a signed-in user is as hard to guess, and only that session waits', async () => {
    const { found } = await deployment.lookup.find('admin', inFirst)
    assert.ok(found)
    const confirms = (sessionId: string, password: string): Promise<boolean> =>
      deployment.signIn.confirms(
        { sessionId, project: found.project },
        found.user,
        Buffer.from(password),
      )
    for (let guess = 0; guess < 20; guess++) await enters('wrong', inFirst, elsewhere)
    assert.equal(
      await confirms('one', passwordOf(region)),
      true,
      'failed sign-ins do not matter here',
    )
    for (let guess = 0; guess < 4; guess++)
      assert.equal(await confirms('one', `guess ${guess}`), false)
    for (const password of ['guess', passwordOf(region)])
      await assert.rejects(
        confirms('one', password),
        (error) => error instanceof HeldBack && error.seconds === 1,
      )
    assert.deepEqual(deployment.heldBack.slice(-2), [1000, 1000])
    assert.equal(await confirms('two', passwordOf(region)), true)
    deployment.clock.advance(longestWaitMs)
    assert.equal(await confirms('one', passwordOf(region)), true)
  })

  /**
   * What was tried before, and the resulting answers for the user with the right password, with a
   * wrong one, and for an unknown name.
   */
  type Case = readonly [
    given: string,
    prepare: () => Promise<void>,
    source: string,
    right: string,
    wrong: string,
    nobody: string,
  ]
  const fails = async (
    times: number,
    name: (guess: number) => string,
    source: (guess: number) => string,
  ): Promise<void> => {
    for (let guess = 0; guess < times; guess++)
      await enters('wrong', inFirst, source(guess), name(guess))
  }
  const both = async (times: number, source: (guess: number) => string): Promise<void> => {
    for (const name of ['admin', 'nobody']) await fails(times, () => name, source)
  }
  const cases: readonly Case[] = [
    ['nothing', async () => {}, elsewhere, 'in', 'wrong', 'wrong'],
    ['two failures here', () => both(2, () => elsewhere), elsewhere, 'in', 'wrong', 'wrong'],
    ['four failures here', () => both(4, () => elsewhere), elsewhere, 'wait 1', 'wait 1', 'wait 1'],
    [
      'eight failures from as many networks',
      () => both(8, (guess) => `10.4.${guess}.1`),
      elsewhere,
      'wait 1',
      'wait 1',
      'wait 1',
    ],
    [
      'twenty names from here',
      () =>
        fails(
          20,
          (guess) => `x${guess}`,
          () => elsewhere,
        ),
      elsewhere,
      'wait 1',
      'wait 1',
      'wait 1',
    ],
    [
      'twenty names from home, where the user signed in before',
      async () => {
        await owner()
        await fails(
          20,
          (guess) => `x${guess}`,
          () => home,
        )
      },
      home,
      'in',
      'wait 1',
      'wait 1',
    ],
    [
      'eight failures from as many networks, at home',
      async () => {
        await owner()
        await both(8, (guess) => `10.4.${guess}.1`)
      },
      home,
      'in',
      'wait 1',
      'wait 1',
    ],
  ]
  for (const [given, prepare, source, right, wrong, nobody] of cases)
    test(`after ${given}: the right password gets ${right}, a wrong one ${wrong}, an unknown name ${nobody}`, async () => {
      await prepare()
      assert.equal(await hears('wrong', inFirst, source), wrong)
      assert.equal(await hears('wrong', inFirst, source, 'nobody'), nobody)
      assert.equal(await hears(passwordOf(region), inFirst, source), right)
    })

  test('a delayed try is not checked and adds nothing; after the stated seconds it is checked', async () => {
    await fails(
      7,
      () => 'admin',
      () => elsewhere,
    )
    deployment.clock.advance(longestWaitMs)
    assert.equal(await hears('wrong', inFirst, elsewhere), 'wrong')
    const before = await deployment.failures.ofUser(idOf(region), 'admin')
    const [seconds] = [
      Number(/^wait (\d+)$/.exec(await hears(passwordOf(region), inFirst, elsewhere))?.[1]),
    ]
    assert.ok(seconds > 1, String(seconds))
    assert.deepEqual(await deployment.failures.ofUser(idOf(region), 'admin'), before)
    deployment.clock.advance(seconds * 1000 - 1)
    assert.equal(
      await hears(passwordOf(region), inFirst, elsewhere),
      'wait 1',
      'parts of a second are rounded up',
    )
    deployment.clock.advance(1)
    assert.equal(await hears(passwordOf(region), inFirst, elsewhere), 'in')
  })

  test('the right password is never called wrong, regardless of earlier tries and their origin', async () => {
    const sources = [home, elsewhere, '203.0.113.1', '2001:db8::1']
    const answers = new Set<string>()
    for (let step = 0; step < 600; step++) {
      const source = sources[(step * 7) % sources.length] ?? home
      const isRight = step % 11 === 10
      const said = await hears(
        isRight ? passwordOf(region) : `guess ${step}`,
        inFirst,
        source,
        step % 3 === 1 ? 'nobody' : 'admin',
      )
      if (isRight && step % 3 !== 1) {
        assert.notEqual(said, 'wrong', `step ${step} from ${source}`)
        answers.add(said === 'in' ? 'in' : 'wait')
      }
      deployment.clock.advance(step % 50 === 0 ? longestWaitMs : 400)
    }
    assert.deepEqual([...answers].sort(), ['in', 'wait'])
  })

  test('if there are too many counts, the lowest are deleted first, and the oldest of them', async () => {
    assert.ok(countsKept >= 1000)
    for (const [userName, guesses] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
      ['d', 1],
    ] as const)
      for (let guess = 0; guess < guesses; guess++) {
        await enters('wrong', inFirst, elsewhere, userName)
        deployment.clock.advance(1000)
      }
    const userOf = async (name: string) =>
      (await deployment.failures.ofUser(idOf(region), name)).map(({ id }) => id)
    const [b, d] = [await userOf('b'), await userOf('d')]
    const gone = async (kept: number) =>
      (await deployment.reader.leastFailures(kept, 100)).map(({ id }) => id)
    assert.deepEqual(await gone(100), [])
    assert.deepEqual((await gone(7)).sort(), [...b].sort())
    assert.deepEqual((await gone(5)).sort(), [...b, ...d].sort())
  })
})
