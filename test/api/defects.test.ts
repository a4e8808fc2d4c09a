/** A defect in any kind of call is answered as one, and reported with the ID of its request. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Refusal, Service } from '../../src/api/dialect.ts'
import { SignInCall, type SignInForm } from '../../src/api/sign-in-call.ts'
import { OpenAnswer } from '../../src/api/strangers.ts'
import { KmsError } from '../../src/domain/errors.ts'
import type { Exchange, Head } from '../../src/http/exchange.ts'

/** A service whose engine decides with an error, and what became of a call. */
function serviceWith(error: unknown) {
  const seen: unknown[] = []
  const refusal = (said: unknown): Refusal => ({
    status: said instanceof KmsError ? 400 : 500,
    body: '{}',
    headers: [],
  })
  const service = {
    dialect: { name: 'toy', refusal },
    engine: {
      decide: async () => ({ outcome: { error } }),
      record: (_: unknown, done: (receipt: string) => void) => done('recorded'),
    },
    onDefect: (defect: unknown, requestId: string) => seen.push([defect, requestId]),
    onAnswered: () => {},
  } as unknown as Service
  const exchange = {
    requestId: 'the request',
    body: Buffer.alloc(0),
    answer: (status: number) => seen.push(status),
  } as unknown as Exchange
  return { service, exchange, refusal, seen }
}

const defect = new TypeError('a defect')
const expected = new KmsError('busy', 'expected')
const rows: readonly (readonly [what: string, error: unknown, seen: readonly unknown[]])[] = [
  ['a defect', defect, [[defect, 'the request'], 500]],
  ['a refusal', expected, [400]],
]

for (const [what, error, says] of rows) {
  test(`${what} in what a sign-in decides`, async () => {
    const { service, exchange, refusal, seen } = serviceWith(error)
    const form = {
      command: { name: 'enter' },
      read: () => ({}),
      enter: async () => ({ caller: {}, input: {} }),
      refusal,
    } as unknown as SignInForm<object, object, object>
    await new SignInCall(form, exchange, {} as Head, service).run()
    assert.deepEqual(seen, says)
  })

  test(`${what} in an answer that needs no credentials`, () => {
    const { service, exchange, seen } = serviceWith(error)
    new OpenAnswer(service, exchange, 'open', () => '{}').fail(error)
    assert.deepEqual(seen, says)
  })
}
