/**
 * The budget for bodies in progress: what fits, what strangers share, and that all of it is
 * released.
 */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { KmsError } from '../../src/domain/errors.ts'
import { BodyBudget, bodyLimitBytes, type Framing, framingOf } from '../../src/http/bodies.ts'
import { Connection } from '../../src/http/connection.ts'
import { HeaderBag } from '../../src/wire/headers.ts'

const mebibyte = 1_048_576
const blockOf = (name: string, isKnown: boolean) => ({
  name,
  connections: 0,
  strangerBytes: 0,
  isKnown,
})
type Peers = ReturnType<typeof blockOf>
const connectionOf = (peers: Peers): Connection =>
  new Connection(new EventEmitter() as unknown as Socket, peers.name, peers, () => false)

/** Reserves until there is no room. @returns the connections that hold a reservation. */
function fill(budget: BodyBudget, peers: () => Peers, namesKnownKey: boolean): Connection[] {
  const placed: Connection[] = []
  for (;;) {
    const connection = connectionOf(peers())
    try {
      budget.reserve(connection, bodyLimitBytes, namesKnownKey)
    } catch (error) {
      assert.ok(error instanceof KmsError && error.code === 'busy')
      return placed
    }
    placed.push(connection)
  }
}

test('all bodies in progress share 64 MiB; strangers 16 of them, a block of strangers four', () => {
  const budget = new BodyBudget()
  const one = blockOf('192.0.2.0/24', false)
  const ofOne = fill(budget, () => one, false)
  assert.equal(ofOne.length * bodyLimitBytes, 4 * mebibyte)
  let blocks = 0
  const ofOthers = fill(budget, () => blockOf(`10.0.${blocks++}.0/24`, false), false)
  assert.equal((ofOne.length + ofOthers.length) * bodyLimitBytes, 16 * mebibyte)
  const known = fill(budget, () => one, true)
  assert.equal((ofOne.length + ofOthers.length + known.length) * bodyLimitBytes, 64 * mebibyte)
  for (const connection of [...ofOne, ...ofOthers, ...known]) {
    budget.release(connection)
    budget.release(connection)
  }
  assert.equal(one.strangerBytes, 0)
  const neighbours = blockOf('198.51.100.0/24', true)
  assert.equal(
    fill(budget, () => neighbours, false).length * bodyLimitBytes,
    64 * mebibyte,
    'where a known caller has called',
  )
})

test('a chunked body reserves the maximum length, any other its own length', () => {
  const budget = new BodyBudget()
  const [chunked, short] = [connectionOf(blockOf('a', false)), connectionOf(blockOf('b', false))]
  budget.reserve(chunked, 'chunked', false)
  budget.reserve(short, 100, false)
  assert.deepEqual([chunked.bodyBytes, short.bodyBytes], [bodyLimitBytes, 100])
})

/**
 * Node's parser already refuses some of these; what a later version lets through is still refused
 * here.
 */
const framings: readonly (readonly [
  headers: Readonly<Record<string, string>>,
  version: string,
  framing: Framing | undefined,
])[] = [
  [{}, '1.1', 0],
  [{ 'content-length': '0' }, '1.1', 0],
  [{ 'content-length': '12' }, '1.0', 12],
  [{ 'content-length': String(bodyLimitBytes) }, '1.1', bodyLimitBytes],
  [{ 'content-length': String(bodyLimitBytes + 1) }, '1.1', undefined],
  [{ 'transfer-encoding': 'chunked' }, '1.1', 'chunked'],
  [{ 'transfer-encoding': 'chunked' }, '1.0', undefined],
  [{ 'transfer-encoding': 'Chunked' }, '1.1', undefined],
  [{ 'transfer-encoding': 'gzip, chunked' }, '1.1', undefined],
  [{ 'transfer-encoding': 'chunked, chunked' }, '1.1', undefined],
  [{ 'transfer-encoding': 'identity' }, '1.1', undefined],
  [{ 'transfer-encoding': 'chunked', 'content-length': '0' }, '1.1', undefined],
  [{ 'transfer-encoding': 'chunked', 'content-length': '12' }, '1.1', undefined],
  [{ 'transfer-encoding': 'chunked', trailer: 'x-a' }, '1.1', undefined],
  [{ expect: '100-Continue', 'content-length': '12' }, '1.1', 12],
  [{ expect: 'everything', 'content-length': '12' }, '1.1', undefined],
]
for (const [headers, httpVersion, framing] of framings)
  test(`HTTP/${httpVersion} with ${JSON.stringify(headers)}: ${framing ?? 'refused'}`, () => {
    const bag = new HeaderBag(Object.entries({ host: 'x', ...headers }).flat())
    const read = (): Framing => framingOf({ httpVersion } as IncomingMessage, bag)
    if (framing === undefined) assert.throws(read, KmsError)
    else assert.equal(read(), framing)
  })
