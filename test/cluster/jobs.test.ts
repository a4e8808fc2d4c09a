/** Jobs for other threads: answers, refusals, defects, bounds; what is handed over stays with nobody else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { type Handled, JobClient, JobServer, type ToJobs } from '../../src/cluster/jobs.ts'
import { KmsError } from '../../src/domain/errors.ts'

type Work = { readonly kind: 'double' | 'refuse' | 'fail' | 'hand-over'; readonly value: number }

function lines(count: number, limit = 100) {
  const channels = Array.from({ length: count }, () => new MessageChannel())
  const handed: Uint8Array[] = []
  const counts = channels.map(() => 0)
  for (const [i, { port2 }] of channels.entries()) {
    const server = new JobServer(({ kind, value }: Work): Handled<unknown> => {
      counts[i] = (counts[i] ?? 0) + 1
      if (kind === 'refuse') throw new KmsError('private-key-invalid', 'it is weak')
      if (kind === 'fail') throw new RangeError('a mistake')
      if (kind === 'double') return { answer: value * 2 }
      const bytes = new Uint8Array([value])
      handed.push(bytes)
      return { answer: bytes, transfer: [bytes.buffer] }
    })
    port2.on('message', (jobs: ToJobs<Work>) => server.enter(port2, jobs))
  }
  const client = new JobClient<Work>(
    channels.map(({ port1 }) => port1),
    limit,
  )
  return { client, counts, handed }
}

test('each caller gets the answer of its own job, whichever line it took', async () => {
  const { client, counts } = lines(3)
  const answers = await Promise.all(Array.from({ length: 60 }, (_, value) => client.run<number>({ kind: 'double', value })))
  assert.deepEqual(
    answers,
    Array.from({ length: 60 }, (_, value) => value * 2),
  )
  assert.deepEqual(counts, [20, 20, 20])
  client.close()
})

test('a refusal comes back as what it is, a defect as an error that is nobody else’s', async () => {
  const { client } = lines(1)
  const outcomes = await Promise.allSettled([
    client.run({ kind: 'refuse', value: 0 }),
    client.run({ kind: 'fail', value: 0 }),
    client.run({ kind: 'double', value: 4 }),
  ])
  const [refused, failed, done] = outcomes
  assert.ok(refused?.status === 'rejected' && refused.reason instanceof KmsError && refused.reason.code === 'private-key-invalid')
  assert.ok(failed?.status === 'rejected' && !(failed.reason instanceof KmsError))
  assert.ok(done?.status === 'fulfilled' && done.value === 8)
  client.close()
})

test('beyond the limit callers are told to come again; those before are served', async () => {
  const { client } = lines(1, 2)
  const running = [1, 2].map((value) => client.run<number>({ kind: 'double', value }))
  await assert.rejects(client.run({ kind: 'double', value: 3 }), { code: 'busy' })
  assert.deepEqual(await Promise.all(running), [2, 4])
  assert.equal(await client.run({ kind: 'double', value: 5 }), 10)
  client.close()
})

test('what is handed over leaves nothing behind', async () => {
  const { client, handed } = lines(1)
  assert.deepEqual(await client.run({ kind: 'hand-over', value: 7 }), new Uint8Array([7]))
  assert.equal(handed[0]?.byteLength, 0)
  client.close()
})
