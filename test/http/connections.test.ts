/**
 * Who has a connection: limits per address block, and which connections are ended first when they
 * are scarce.
 */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, mock, test } from 'node:test'
import {
  Connections,
  defaultPerBlock,
  maxConnections,
  perLoopbackAddress,
} from '../../src/http/connections.ts'

let now = 0
beforeEach(() => {
  now = 1_000_000
  mock.timers.enable({ apis: ['setInterval'] })
})
afterEach(() => mock.timers.reset())

let port = 0
class Peer extends EventEmitter {
  readonly remoteAddress: string
  readonly remotePort = ++port
  writableLength = 0
  destroyed = false

  constructor(address: string) {
    super()
    this.remoteAddress = address
  }
  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}
const asSocket = (peer: Peer): Socket => peer as unknown as Socket

function setUp(perBlock?: number) {
  const connections = new Connections({ perBlock, isStopping: () => false, now: () => now })
  const come = (address: string): Peer => {
    const peer = new Peer(address)
    connections.admit(asSocket(peer), false)
    return peer
  }
  const vouch = (peer: Peer): void => connections.of(asSocket(peer))?.vouch()
  /** This many connections of strangers, each block at its limit. */
  const strangers = (count: number): Peer[] =>
    Array.from({ length: count }, (_, i) => come(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))
  return { connections, come, vouch, strangers }
}
const open = (peers: readonly Peer[]): number => peers.filter(({ destroyed }) => !destroyed).length

const blocks: readonly [
  what: string,
  address: (i: number) => string,
  most: number,
  perBlock?: number,
][] = [
  ['an IPv4 address', () => '203.0.113.7', defaultPerBlock],
  ['a /24 of IPv4', (i) => `203.0.113.${i % 256}`, defaultPerBlock],
  ['a /24 of IPv4 that comes as IPv6', (i) => `::ffff:203.0.113.${i % 256}`, defaultPerBlock],
  ['a /64 of IPv6', (i) => `2001:db8:1:2::${i.toString(16)}`, defaultPerBlock],
  ['an address of loopback', () => '127.0.0.1', perLoopbackAddress],
  ['loopback of IPv6', () => '::1', perLoopbackAddress],
  ['a /24 with a setting', (i) => `203.0.113.${i % 256}`, 1000, 1000],
  ['loopback with a setting', () => '127.0.0.1', 10, 10],
]
for (const [what, address, most, perBlock] of blocks) {
  test(`${what} has at most ${most} connections, and the same number again once they have ended`, () => {
    const { come } = setUp(perBlock)
    for (let round = 0; round < 2; round++) {
      const peers = Array.from({ length: most + 10 }, (_, i) => come(address(i)))
      assert.equal(open(peers), most)
      assert.equal(come('198.51.100.1').destroyed, false, 'others are not held up')
      for (const peer of peers) peer.destroy()
    }
  })
}

test('two addresses of loopback count apart, two /24 as well', () => {
  const { come } = setUp(1)
  for (const address of [
    '127.0.0.1',
    '127.0.0.2',
    '203.0.113.1',
    '203.0.114.1',
    '2001:db8:1:2::1',
    '2001:db8:1:3::1',
  ])
    assert.equal(come(address).destroyed, false, address)
})

test('when connections are scarce, idle ones of strangers are ended, the oldest first; busy and known ones stay', () => {
  const { connections, come, vouch, strangers } = setUp()
  const known = come('203.0.113.1')
  vouch(known)
  const neighbour = come('203.0.113.2')
  const peers = strangers(maxConnections * 0.75 - 2)
  const busy = peers.slice(0, 50)
  for (const peer of busy) {
    const connection = connections.of(asSocket(peer))
    if (connection !== undefined) connection.isBusy = true
  }
  assert.equal(open(peers), peers.length)
  const next = come('192.0.2.1')
  assert.equal(next.destroyed, false)
  assert.deepEqual([known.destroyed, neighbour.destroyed, open(busy)], [false, false, 50])
  const gone = peers.findLastIndex(({ destroyed }) => destroyed)
  assert.ok(gone > 50 && open(peers.slice(50, gone + 1)) === 0, 'the oldest')
  assert.equal(open(peers), peers.length - Math.ceil(maxConnections * 0.05))
})

test('the last tenth is for addresses from which a known caller has called', () => {
  const { connections, come, vouch, strangers } = setUp()
  const earlier = come('203.0.113.1')
  vouch(earlier)
  earlier.destroy()
  const peers = strangers(maxConnections)
  // All of them are busy, so none is ended for another one.
  for (const peer of peers) {
    const connection = connections.of(asSocket(peer))
    if (connection !== undefined) connection.isBusy = true
  }
  const more = Array.from({ length: maxConnections }, (_, i) => {
    const peer = come(`11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
    const connection = connections.of(asSocket(peer))
    if (connection !== undefined) connection.isBusy = true
    now += 1000
    return peer
  })
  assert.ok(open(peers) + open(more) <= maxConnections * 0.9 + 1, `${open(peers) + open(more)}`)
  assert.equal(come('192.0.2.1').destroyed, true, 'a stranger')
  assert.equal(come('203.0.113.77').destroyed, false, 'a neighbour of a known caller')
})

test('a client that does not read its answer is disconnected after half a minute; one that reads it stays', () => {
  const { come } = setUp()
  const [stuck, slow, idle] = [come('192.0.2.1'), come('192.0.2.2'), come('192.0.2.3')]
  for (let at = 0; at < 60; at += 5) {
    stuck.writableLength = 1000
    slow.writableLength = at % 20 === 0 ? 0 : 1000
    now += 5000
    mock.timers.tick(5000)
    if (at === 25) assert.equal(stuck.destroyed, false)
  }
  assert.deepEqual([stuck.destroyed, slow.destroyed, idle.destroyed], [true, false, false])
})
