/**
 * What a term typed on the audit page means: every name that the page shows, in either language,
 * means what it is shown for.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Meaning,
  mayStandForCaller,
  meaningOf,
  type Named,
  namedBy,
} from '../../../console/src/features/audit/terms.ts'
import { commandNames } from '../../../src/domain/commands.ts'
import { kmsErrorCodes } from '../../../src/domain/errors.ts'
import { languages, tables } from '../tables.ts'

const part = (prefix: string): Record<string, string>[] =>
  languages.map((language) =>
    Object.fromEntries(
      [...tables[language]]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, text]) => [key.slice(prefix.length), text]),
    ),
  )
const operations = namedBy(part('operations.'))
const errors = namedBy(part('errors.'))

test('every operation is found by its name in the log, in English and in Chinese', () => {
  assert.ok(operations.length > 80)
  for (const id of commandNames)
    assert.ok(
      operations.some((one) => one.id === id),
      id,
    )
  for (const { id, names } of operations)
    for (const text of [id, ...names, id.toUpperCase(), ` ${names[0]} `]) {
      const { ids, isKnown } = meaningOf(text, operations) as Meaning
      assert.ok(ids.includes(id) && isKnown, `${text} is ${id}`)
    }
})

test('every refusal is found by its code', () => {
  for (const code of kmsErrorCodes)
    assert.deepEqual(meaningOf(code, errors), { ids: [code], isKnown: true })
})

const few: readonly Named[] = [
  { id: 'encrypt', names: ['Encrypt', '加密'] },
  { id: 're-encrypt', names: ['Re-encrypt', '重新加密'] },
  { id: 'decrypt', names: ['Decrypt', '解密'] },
  { id: 'start-session', names: ['Sign in', '登录'] },
]
const meanings: readonly [text: string, meant: Meaning | undefined][] = [
  ['', undefined],
  [' , ', undefined],
  ['Encrypt', { ids: ['encrypt'], isKnown: true }],
  ['加密', { ids: ['encrypt'], isKnown: true }],
  ['sign IN', { ids: ['start-session'], isKnown: true }],
  ['crypt', { ids: ['encrypt', 're-encrypt', 'decrypt'], isKnown: true }],
  ['密', { ids: ['encrypt', 're-encrypt', 'decrypt'], isKnown: true }],
  ['encrypt,decrypt', { ids: ['encrypt', 'decrypt'], isKnown: true }],
  ['加密，登录', { ids: ['encrypt', 'start-session'], isKnown: true }],
  ['accept-clock', { ids: ['accept-clock'], isKnown: false }],
  ['encrypt, nonsense', { ids: ['encrypt', 'nonsense'], isKnown: false }],
]
for (const [text, meant] of meanings)
  test(`"${text}" means ${meant?.ids.join(' and ') ?? 'nothing'}`, () =>
    assert.deepEqual(meaningOf(text, few), meant))

test('a caller without a known name is found by an ID, its beginning, or its short form', () => {
  const known = (text: string): boolean | undefined =>
    meaningOf(text, [], mayStandForCaller)?.isKnown
  for (const text of [
    '0cd220d6-20b0-4b5b-9662-630e1cfeca47',
    '0cd220d6',
    '0cd220d6…ca47',
    '0cd220d6...ca47',
  ])
    assert.equal(known(text), true, text)
  for (const text of ['0cd', 'alice', '0cd220d6…zz']) assert.equal(known(text), false, text)
})
