/** Where a request behind proxies comes from, as a table. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError, readConfig } from '../../src/config.ts'
import { TrustedProxies } from '../../src/wire/trusted-proxies.ts'

const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.7/32', 'fd00::/8'])

type Case = readonly [what: string, peer: string, forwarded: readonly string[], source: string]
const cases: readonly Case[] = [
  [
    'a peer that is not a proxy is the source, regardless of its header',
    '203.0.113.1',
    ['198.51.100.1'],
    '203.0.113.1',
  ],
  ['a proxy that sends no header is the source', '10.0.0.1', [], '10.0.0.1'],
  ['a proxy states its client', '10.0.0.1', ['198.51.100.1'], '198.51.100.1'],
  [
    'in a chain of proxies, the last hop that is not a proxy',
    '10.0.0.1',
    ['198.51.100.1, 10.0.0.2, fd00::1'],
    '198.51.100.1',
  ],
  [
    'what a client claims is to the left of its own address',
    '10.0.0.1',
    ['127.0.0.1, 198.51.100.1'],
    '198.51.100.1',
  ],
  [
    'also when it claims to be a proxy',
    '10.0.0.1',
    ['198.51.100.9, 10.0.0.5, 198.51.100.1'],
    '198.51.100.1',
  ],
  [
    'a header that came twice is treated as one list',
    '10.0.0.1',
    ['198.51.100.9', '198.51.100.1'],
    '198.51.100.1',
  ],
  ['proxies alone: the first of them', '10.0.0.1', ['10.0.0.3, 10.0.0.2'], '10.0.0.3'],
  ['a single address is a block', '192.0.2.7', ['198.51.100.1'], '198.51.100.1'],
  ['and its neighbour is not in it', '192.0.2.8', ['198.51.100.1'], '192.0.2.8'],
  ['IPv6', 'fd00::1', ['2001:DB8::1'], '2001:db8::1'],
  ['IPv4 in IPv6, as sockets name it', '::ffff:10.0.0.1', ['198.51.100.1'], '198.51.100.1'],
  [
    'a client whose IPv4 is written as IPv6 is the same client',
    '10.0.0.1',
    ['::ffff:198.51.100.1'],
    '198.51.100.1',
  ],
  ['not an address: the proxy that sent it', '10.0.0.1', ['unknown'], '10.0.0.1'],
  [
    'not an address, between proxies: the last address named',
    '10.0.0.1',
    ['198.51.100.1, _hidden, 10.0.0.2'],
    '10.0.0.2',
  ],
  ['an address with a port is not an address', '10.0.0.1', ['198.51.100.1:4711'], '10.0.0.1'],
  ['an empty entry is not an address', '10.0.0.1', ['198.51.100.1,'], '10.0.0.1'],
  ['more hops than the limit', '10.0.0.1', [`198.51.100.1${', 10.0.0.9'.repeat(16)}`], '10.0.0.9'],
]

describe('the source of a request', () => {
  for (const [what, peer, forwarded, source] of cases)
    test(what, () => {
      assert.equal(proxies.sourceOf(peer, forwarded), source)
    })
})

describe('--trusted-proxy', () => {
  const read = (trustedProxy?: string) =>
    readConfig({ ...(trustedProxy !== undefined && { trustedProxy }) }, {}).trustedProxies
  for (const [text, blocks] of [
    [undefined, []],
    ['', []],
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.0.0.0/8, fd00::/8', ['10.0.0.0/8', 'fd00::/8']],
    ['192.0.2.7', ['192.0.2.7/32']],
    ['2001:db8::1', ['2001:db8::1/128']],
  ] as const)
    test(`${text}: ${blocks.join(' ')}`, () => {
      assert.deepEqual(read(text), blocks)
    })
  for (const text of [
    'proxy.example',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0/8',
    'fd00::/129',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/8,',
    '*',
  ])
    test(`refused: ${text}`, () => {
      assert.throws(
        () => read(text),
        (error) => error instanceof ConfigError && /--trusted-proxy/.test(error.message),
      )
    })
})
