/**
 * A passphrase in a field and the same text in a file open the same backup, or both are refused for
 * the same reason.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { typedFault, typedPassphrase } from '../../src/custody/passphrase.ts'
import {
  passphraseIn,
  type SecretTextFault,
  SecretTextRefused,
} from '../../src/domain/material/secret-text.ts'

/** What is typed or pasted, and the resulting passphrase, or why it is refused. */
type Row = readonly [what: string, typed: string, is: string | { readonly fault: SecretTextFault }]

const rows: readonly Row[] = [
  ['a passphrase', 'open sesame', 'open sesame'],
  ['blanks at its ends count', ' open sesame ', ' open sesame '],
  ['letters that are not ASCII', 'Öffne dich 字', 'Öffne dich 字'],
  ['a character of two halves', 'key 🔑', 'key 🔑'],
  ['a tab', 'open\tsesame', 'open\tsesame'],
  ['a byte order mark before it', '\ufeffopen sesame', 'open sesame'],
  ['a byte order mark within it', 'open\ufeffsesame', 'open\ufeffsesame'],
  ['a line break behind it', 'open sesame\n', 'open sesame'],
  ['a line break of Windows behind it', 'open sesame\r\n', 'open sesame'],
  ['nothing', '', { fault: 'empty' }],
  ['a byte order mark alone', '\ufeff', { fault: 'empty' }],
  ['two lines', 'open\nsesame', { fault: 'several-lines' }],
  ['a NUL', 'open\0sesame', { fault: 'control-character' }],
  ['a NUL behind each letter', 'o\0p\0e\0n\0', { fault: 'control-character' }],
  ['what Ctrl-U types', 'open\u0015', { fault: 'control-character' }],
  ['1024 bytes', 'x'.repeat(1024), 'x'.repeat(1024)],
  ['1025 bytes', 'x'.repeat(1025), { fault: 'too-long' }],
  ['1025 bytes in fewer characters', `${'ö'.repeat(512)}x`, { fault: 'too-long' }],
]
/** No file can contain them: UTF-8 cannot encode them. */
const halves: readonly Row[] = [
  ['the first half of a character', 'key \ud83d', { fault: 'not-utf-8' }],
  ['the second half of a character', '\udd11 key', { fault: 'not-utf-8' }],
  ['the halves of a character in the wrong order', '\udd11\ud83d', { fault: 'not-utf-8' }],
]

function faultOf(read: () => unknown): SecretTextFault {
  try {
    read()
  } catch (error) {
    if (error instanceof SecretTextRefused) return error.fault
    throw error
  }
  return assert.fail('it was accepted')
}

describe('a passphrase that was typed', () => {
  for (const [what, typed, is] of [...rows, ...halves])
    test(`${what}: ${typeof is === 'string' ? 'accepted' : is.fault}`, () => {
      assert.equal(typedFault(typed), typeof is === 'string' ? undefined : is.fault)
      if (typeof is === 'string') assert.equal(typedPassphrase(typed), is)
    })
})

describe('the same text in a file', () => {
  for (const [what, typed, is] of rows)
    test(what, () => {
      const file = Buffer.from(typed)
      if (typeof is === 'string')
        return assert.equal(Buffer.from(passphraseIn(file)).toString(), is)
      const fault = faultOf(() => passphraseIn(file))
      // A file that looks like UTF-16 is reported as such; in a field it is characters that cannot
      // be typed.
      assert.equal(fault === 'utf-16' ? 'control-character' : fault, is.fault)
    })
})
