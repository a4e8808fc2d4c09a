/**
 * What the console searches for is what the server reads: every text in every parameter of a
 * search, through the console's own client.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import {
  type AuditSearch,
  type KeySearch,
  listImports,
  searchAudit,
  searchKeys,
} from '../../../console/src/api/admin.ts'
import { formQuery, parseTarget } from '../../../src/wire/target.ts'

let asked = ''
const realFetch = globalThis.fetch
before(() => {
  globalThis.fetch = async (path) => {
    asked = String(path)
    return new Response('{}')
  }
})
after(() => {
  globalThis.fetch = realFetch
})

type Send = (name: string, text: string) => Promise<unknown>
const keys: Send = (name, text) => searchKeys({ [name]: text } as KeySearch)
const audit: Send = (name, text) => searchAudit({ [name]: text } as AuditSearch)
const imports: Send = (name, text) => listImports({ [name]: text })
const parameters: readonly [name: string, send: Send][] = [
  ...(['text', 'tag', 'tag_value', 'state', 'spec', 'usage', 'origin', 'sort'] as const).map(
    (name): [string, Send] => [name, keys],
  ),
  ...(['operation', 'caller', 'outcome', 'key_id'] as const).map((name): [string, Send] => [
    name,
    audit,
  ]),
  ['key_id', imports],
]

const texts = [
  'two words',
  ' around ',
  'a+b',
  '100 %',
  '100%25',
  'a%20b',
  'a%2Bb',
  'Schlüssel für Köln',
  '密钥 一',
  'alias/a&b=c?d#e',
  '"quoted" <a|b> \\ ^ ` {}',
  '🔑',
]

for (const [name, send] of parameters) {
  test(`${name} reaches the server as it was typed`, async () => {
    const arrives = async (text: string): Promise<void> => {
      await send(name, text)
      const target = parseTarget(asked)
      assert.deepEqual(target.query, [[name, text]])
      assert.deepEqual(formQuery(target), [[name, text]])
    }
    for (const text of texts) await arrives(text)
    const visible = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 64 })
      .filter((text) => !/\p{Cc}/u.test(text))
    const nasty = fc.string({
      unit: fc.constantFrom(...' +%&=#?/\\25Bbaä密"<🔑'),
      minLength: 1,
      maxLength: 24,
    })
    await fc.assert(fc.asyncProperty(fc.oneof(visible, nasty), arrives), { numRuns: 200 })
  })
}

test('a pasted tab becomes a space, and half a character does not keep the rest from being searched for', async () => {
  await searchKeys({ text: 'two\twords' })
  assert.deepEqual(parseTarget(asked).query, [['text', 'two words']])
  await searchKeys({ text: 'a\ud83d' })
  assert.deepEqual(parseTarget(asked).query, [['text', 'a\ufffd']])
})
