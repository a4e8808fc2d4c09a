/** Wrapping keys: a stock that refills, turns between projects, refusals beyond the limits. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import type { Turn } from '../../src/domain/turns.ts'
import type { WrappingKey, WrappingKeyKind } from '../../src/ports/wrapping-keys.ts'
import type { FromJobs, ReplyPort, ToJobs } from '../../src/runtime/jobs.ts'
import { WrappingKeyClient, WrappingKeyMaker } from '../../src/runtime/wrapping-key-maker.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

test('a returned pair is the next one of its party, and of nobody else', async () => {
  const { port1, port2 } = new MessageChannel()
  let made = 0
  port2.on('message', (jobs: ToJobs<WrappingKeyKind>) =>
    port2.postMessage(
      jobs.map(({ id }) => ({ id, answer: { privateKey, publicKey: new Uint8Array([++made]) } })),
    ),
  )
  const client = new WrappingKeyClient(port1)
  const [a, b] = [
    { party: 'a', principal: 'ann' },
    { party: 'b', principal: 'bob' },
  ]
  const number = async (turn: Turn, kind: WrappingKeyKind = 'rsa') =>
    (await client.take(turn, kind)).publicKey[0]
  const pair = await client.take(a, 'rsa')
  client.giveBack(a, 'rsa', pair)
  assert.equal(await number(b), 2)
  assert.equal(await number(a, 'sm2'), 3)
  assert.equal(await number(a), 1)
  assert.equal(await number(a), 4)
  client.close()
})

describe('the maker of wrapping keys', () => {
  let made: number
  let soon: (() => void)[]
  let maker: WrappingKeyMaker
  let answered: string[]
  let refused: string[]
  let clock: number

  /** A request thread: its jobs are named by their project. */
  const thread = (): ReplyPort & { readonly names: string[] } => {
    const names: string[] = []
    return {
      names,
      postMessage(message: unknown) {
        for (const reply of message as FromJobs<WrappingKey>)
          ('answer' in reply ? answered : refused).push(names[reply.id] ?? '-')
      },
    }
  }
  let first: ReturnType<typeof thread>
  let second: ReturnType<typeof thread>
  const ask = (
    project: string,
    count: number,
    { port = first, kind = 'rsa' as WrappingKeyKind } = {},
  ): void => {
    const turn = { party: project, principal: 'ann' }
    maker.enter(
      port,
      Array.from({ length: count }, () => ({
        id: port.names.push(project) - 1,
        turn,
        job: { kind },
      })),
    )
  }
  /** Makes one pair, if the thread is about to. */
  const make = (): boolean => {
    const work = soon.shift()
    work?.()
    return work !== undefined
  }

  beforeEach(() => {
    made = 0
    soon = []
    answered = []
    refused = []
    clock = 0
    first = thread()
    second = thread()
    maker = new WrappingKeyMaker({
      make: () => ({ privateKey, publicKey: new Uint8Array([++made]) }),
      soon: (work) => soon.push(work),
      now: () => clock,
    })
  })

  test('four are made ahead of need, and again after they were taken', () => {
    while (make());
    assert.equal(made, 4)
    ask('a', 4)
    assert.deepEqual(answered, ['a', 'a', 'a', 'a'])
    while (make());
    assert.equal(made, 8)
  })

  test('a project that asks for hundreds delays the first request of another by one pair, regardless of their threads', () => {
    while (make());
    ask('many', 600, { port: second })
    make()
    ask('one', 1)
    make()
    make()
    assert.ok(answered.includes('one'), answered.join())
    assert.ok(!refused.includes('one'))
    assert.ok(refused.length > 0)
  })

  test('no request of another that asks one at a time is refused while the first keeps asking', () => {
    for (let i = 0; i < 20; i++) {
      ask('many', 80, { port: second })
      const before = answered.length
      ask('one', 1)
      make()
      make()
      assert.ok(answered.slice(before).includes('one'))
    }
    assert.ok(!refused.includes('one'))
  })

  test('a pair of SM2 waits for nobody', () => {
    ask('many', 50)
    ask('one', 1, { kind: 'sm2' })
    assert.deepEqual(answered, ['one'])
  })

  test('a request that waited 50 s is refused, and the pair goes to one that is still waiting', () => {
    ask('a', 1)
    clock = 50_000
    ask('b', 1)
    make()
    assert.deepEqual([answered, refused], [['b'], ['a']])
  })
})
