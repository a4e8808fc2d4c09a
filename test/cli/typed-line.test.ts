/**
 * The line that results from typed keys: editing works on characters, and keys without a character
 * are ignored.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type LineState, TypedLine } from '../../src/cli/typed-line.ts'

const esc = '\u001b'
const [backspace, ctrlC, ctrlD, ctrlU, ctrlW] = [
  '\u007f',
  '\u0003',
  '\u0004',
  '\u0015',
  '\u0017',
] as const
const pasted = (text: string): string => `${esc}[200~${text}${esc}[201~`

const keys: readonly (readonly [what: string, typed: string, line: string, state: LineState])[] = [
  ['text', 'correct horse', 'correct horse', 'open'],
  ['Enter', 'correct\r', 'correct', 'entered'],
  ['a line feed', 'correct\n', 'correct', 'entered'],
  ['both', 'correct\r\n', 'correct', 'entered'],
  ['Backspace', `ab${backspace}`, 'a', 'open'],
  ['the other Backspace', 'ab\b', 'a', 'open'],
  ['Backspace at the beginning', `${backspace}${backspace}a`, 'a', 'open'],
  ['Backspace after ö', `ö${backspace}`, '', 'open'],
  ['Backspace after ö of two characters', `xo\u0308${backspace}`, 'x', 'open'],
  ['Backspace after 字', `字字${backspace}`, '字', 'open'],
  ['Backspace after an emoji', `a🔑${backspace}`, 'a', 'open'],
  ['Backspace after a family', `a👩‍👩‍👧‍👦${backspace}`, 'a', 'open'],
  ['Backspace after a flag', `🇨🇭🇪🇺${backspace}`, '🇨🇭', 'open'],
  ['Backspace after a keycap', `a1\ufe0f\u20e3${backspace}`, 'a', 'open'],
  ['Backspace after a syllable of Hangul', `가각${backspace}`, '가', 'open'],
  ['Ctrl-U', `wrong ö${ctrlU}right`, 'right', 'open'],
  ['Ctrl-W', `two words${ctrlW}`, 'two ', 'open'],
  ['Ctrl-W after a blank', `two words ${ctrlW}`, 'two ', 'open'],
  ['Ctrl-W twice', `two words${ctrlW}${ctrlW}`, '', 'open'],
  ['Ctrl-D after text', `text${ctrlD}`, 'text', 'entered'],
  ['Ctrl-D on an empty line', ctrlD, '', 'cancelled'],
  ['Ctrl-D after Ctrl-U', `a${ctrlU}${ctrlD}`, '', 'cancelled'],
  ['Ctrl-C', `text${ctrlC}more`, 'text', 'cancelled'],
  ['arrows, Home, Delete, F5', `a${esc}[D${esc}OH${esc}[3~${esc}[15~b`, 'ab', 'open'],
  ['Alt and a letter', `a${esc}xb`, 'ab', 'open'],
  ['other control keys', 'a\u0001\u0005\u000c\u001ab', 'ab', 'open'],
  ['a paste', `${pasted('correct horse')}\r`, 'correct horse', 'entered'],
  ['a paste between keys', `a${pasted('b')}c${backspace}`, 'ab', 'open'],
  ['a paste of a line with its break', pasted('correct\r'), 'correct\r', 'open'],
  [
    'a paste that holds control characters',
    pasted(`a${ctrlU}b${ctrlC}`),
    `a${ctrlU}b${ctrlC}`,
    'open',
  ],
  ['two lines at once', 'correct\rhorse\r', 'correct', 'several-lines'],
  ['two lines of Windows at once', 'correct\r\nhorse', 'correct', 'several-lines'],
  ['an extra empty line', 'correct\r\r', 'correct', 'several-lines'],
  ['1024 bytes', 'x'.repeat(1024), 'x'.repeat(1024), 'open'],
  ['1025 bytes', 'x'.repeat(1025), 'x'.repeat(1024), 'too-long'],
]

describe('a typed line', () => {
  for (const [what, typed, line, state] of keys) {
    test(what, () => {
      const [whole, pieces] = [new TypedLine(), new TypedLine()]
      whole.type(Buffer.from(typed))
      assert.deepEqual([Buffer.from(whole.bytes).toString(), whole.state], [line, state])
      if (state === 'several-lines') return
      // A terminal may send a key's bytes one at a time.
      for (const byte of Buffer.from(typed))
        if (pieces.state === 'open') pieces.type(Uint8Array.of(byte))
      assert.deepEqual([Buffer.from(pieces.bytes).toString(), pieces.state], [line, state])
    })
  }

  test('invalid UTF-8 is erased one byte at a time', () => {
    const line = new TypedLine()
    line.type(Uint8Array.of(0x61, 0xff, 0xfe, 0x7f))
    assert.deepEqual([...line.bytes], [0x61, 0xff])
  })

  test('erased characters, and the whole line once wiped, are overwritten', () => {
    const line = new TypedLine()
    line.type(Buffer.from('secret'))
    const memory = new Uint8Array(line.bytes.buffer)
    line.type(Buffer.from(`${backspace}${backspace}`))
    assert.equal(Buffer.from(memory).toString().replaceAll('\0', ''), 'secr')
    line.wipe()
    assert.ok(memory.every((byte) => byte === 0))
  })
})
