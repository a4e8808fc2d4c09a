/**
 * Jobs for other threads: answers, refusals, defects, bounds; and that no copy of transferred data
 * remains.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { KmsError } from '../../src/domain/errors.ts'
import { type Turn, type TurnBounds, Turns } from '../../src/domain/turns.ts'
import {
  type FromJobs,
  type Handled,
  JobClient,
  type JobOf,
  JobServer,
  type ReplyPort,
  serveJobs,
  type ToJobs,
} from '../../src/runtime/jobs.ts'

type Value = { readonly value: number }
type Kinds = {
  double: { job: Value; answer: number }
  refuse: { job: Value; answer: never }
  fail: { job: Value; answer: never }
  'hand-over': { job: Value; answer: Uint8Array }
}
type Work = JobOf<Kinds>

const ann: Turn = { party: 'p', principal: 'ann' }
const bounds: TurnBounds = { waiting: 1000, ofPrincipal: 1000, atOnce: 1, patienceMs: 50_000 }

function lines(count: number, changed: Partial<TurnBounds> = {}) {
  const channels = Array.from({ length: count }, () => new MessageChannel())
  const handed: Uint8Array[] = []
  const discarded: Work[] = []
  const counts = channels.map(() => 0)
  for (const [i, { port2 }] of channels.entries()) {
    const handle = ({ kind, value }: Work): Handled<unknown> => {
      counts[i] = (counts[i] ?? 0) + 1
      if (kind === 'refuse') throw new KmsError('private-key-invalid', 'it is weak')
      if (kind === 'fail') throw new RangeError('a mistake')
      if (kind === 'double') return { answer: value * 2 }
      const bytes = new Uint8Array([value])
      handed.push(bytes)
      return { answer: bytes, transfer: [bytes.buffer] }
    }
    const server = new JobServer({
      handle,
      turns: (expired) => new Turns({ ...bounds, ...changed }, expired),
      discard: (job: Work) => discarded.push(job),
    })
    port2.on('message', (jobs: ToJobs<Work>) => server.enter(port2, jobs))
  }
  const client = new JobClient<Kinds>(channels.map(({ port1 }) => port1))
  return { client, counts, handed, discarded }
}

test('each caller gets the answer of its own job, over any port', async () => {
  const { client, counts } = lines(3)
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, value) => client.run(ann, { kind: 'double', value })),
  )
  assert.deepEqual(
    answers,
    Array.from({ length: 60 }, (_, value) => value * 2),
  )
  assert.deepEqual(counts, [20, 20, 20])
  client.close()
})

test('a refusal arrives as a refusal, a defect as an error of its own caller only', async () => {
  const { client } = lines(1)
  const outcomes = await Promise.allSettled([
    client.run(ann, { kind: 'refuse', value: 0 }),
    client.run(ann, { kind: 'fail', value: 0 }),
    client.run(ann, { kind: 'double', value: 4 }),
  ])
  const [refused, failed, done] = outcomes
  assert.ok(
    refused?.status === 'rejected' &&
      refused.reason instanceof KmsError &&
      refused.reason.code === 'private-key-invalid',
  )
  assert.ok(failed?.status === 'rejected' && !(failed.reason instanceof KmsError))
  assert.ok(done?.status === 'fulfilled' && done.value === 8)
  client.close()
})

test('beyond the bounds callers are refused and the contents of their jobs discarded; earlier ones are served', async () => {
  const { client, discarded } = lines(1, { ofPrincipal: 2 })
  const running = [1, 2].map((value) => client.run(ann, { kind: 'double', value }))
  await assert.rejects(client.run(ann, { kind: 'double', value: 3 }), { code: 'busy' })
  assert.deepEqual(discarded, [{ kind: 'double', value: 3 }])
  assert.deepEqual(await Promise.all(running), [2, 4])
  assert.equal(await client.run(ann, { kind: 'double', value: 5 }), 10)
  client.close()
})

/** A thread's side with jobs from two ports; each job takes as long as it says. */
function twoThreads(rest?: (tookMs: number) => void) {
  const done: string[] = []
  let now = 0
  const server = new JobServer({
    now: () => now,
    handle: ({ name, ms }: { readonly name: string; readonly ms: number }): Handled<string> => {
      now += ms
      done.push(name)
      return { answer: name }
    },
    ...(rest && { rest }),
  })
  /** For each answer the number of jobs that were done when it was sent. */
  const answers: number[][] = [[], []]
  const ports = answers.map((own) => ({
    postMessage: (replies: FromJobs<string>) =>
      own.push(...replies.flatMap((reply) => ('answer' in reply ? done.length : []))),
  }))
  const enter = (port: 0 | 1, party: string, count: number, ms: number): void =>
    server.enter(
      ports[port] as ReplyPort,
      Array.from({ length: count }, (_, id) => ({
        id,
        turn: { party, principal: 'ann' },
        job: { name: party, ms },
      })),
    )
  return { done, answers, enter }
}

test('projects take turns, regardless of the threads their jobs come from', async () => {
  const { done, enter } = twoThreads()
  enter(0, 'many', 100, 0.2)
  enter(1, 'many', 100, 0.2)
  enter(1, 'one', 5, 0.2)
  while (done.length < 205) await turn()
  assert.ok(done.lastIndexOf('one') < 20, String(done.lastIndexOf('one')))
})

test('short jobs are not held up by long ones: they go first, and are answered before the next long one', async () => {
  const { done, answers, enter } = twoThreads()
  enter(0, 'long', 10, 12)
  while (done.length < 2) await turn()
  const before = done.length
  enter(1, 'short', 20, 0.1)
  while (answers[1]?.length !== 20) await turn()
  const longs = done.slice(0, answers[1].at(-1)).filter((name) => name === 'long').length
  assert.equal(longs, before, String(done))
  while (done.length < 30) await turn()
})

test('jobs that arrive during a long piece wait only for its end', async () => {
  const { done, enter } = twoThreads()
  enter(0, 'long', 10, 3)
  while (done.length < 1) await turn()
  enter(1, 'short', 1, 0.1)
  while (done.length < 11) await turn()
  assert.deepEqual(done.slice(0, 3), ['long', 'short', 'long'])
})

test('pieces of a millisecond share a message', async () => {
  const { done, answers, enter } = twoThreads()
  enter(0, 'piece', 8, 1.2)
  while (done.length < 8) await turn()
  assert.deepEqual(answers[0], [4, 4, 4, 4, 8, 8, 8, 8])
})

test('a thread rests after long pieces, not after short ones', async () => {
  const rests: number[] = []
  const { done, enter } = twoThreads((tookMs) => rests.push(tookMs))
  for (let i = 1; i <= 20; i++) {
    enter(0, 'short', 1, 0.01)
    while (done.length < i) await turn()
  }
  assert.deepEqual(rests, [])
  enter(0, 'long', 3, 2)
  while (done.length < 23) await turn()
  assert.deepEqual(rests, [2, 2, 2])
})

test('asynchronous work: as many at once as the bounds allow, half of them for one project, the others in turn', async () => {
  const { port1, port2 } = new MessageChannel()
  const begun: string[] = []
  const ends: (() => void)[] = []
  type Names = { name: { job: { readonly name: string }; answer: string } }
  serveJobs([port2], { ...bounds, atOnce: 4 }, ({ name }: JobOf<Names>) => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.push(() => resolve(name)))
  })
  const client = new JobClient<Names>([port1])
  const run = (party: string) =>
    client.run({ party, principal: 'ann' }, { kind: 'name', name: party })
  const many = Array.from({ length: 6 }, () => run('many'))
  while (begun.length < 2) await turn()
  const one = run('one')
  while (begun.length < 3) await turn()
  assert.deepEqual(begun, ['many', 'many', 'one'])
  while (begun.length < 7 || ends.length > 0) {
    for (const end of ends.splice(0)) end()
    await turn()
  }
  assert.equal(await one, 'one')
  assert.equal((await Promise.all(many)).length, 6)
  client.close()
})

test('transferred data leaves nothing behind', async () => {
  const { client, handed } = lines(1)
  assert.deepEqual(await client.run(ann, { kind: 'hand-over', value: 7 }), new Uint8Array([7]))
  assert.equal(handed[0]?.byteLength, 0)
  client.close()
})
