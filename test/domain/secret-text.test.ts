/**
 * Bytes that become a passphrase or lines of secret text: what is read as which text, and what is
 * refused for which reason.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { linesIn, passphraseIn, SecretTextRefused } from '../../src/domain/material/secret-text.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const bom = Uint8Array.of(0xef, 0xbb, 0xbf)
const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)
const utf16 = (text: string): Uint8Array => Buffer.from(text, 'utf16le')
const utf16be = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16()

const read = (how: (bytes: Uint8Array) => Uint8Array, bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(how(bytes))
  } catch (error) {
    if (error instanceof SecretTextRefused) return `refused: ${error.fault}`
    throw error
  }
}

describe('a passphrase', () => {
  const table: readonly (readonly [what: string, bytes: Uint8Array, taken: string])[] = [
    ['of ASCII', utf8('correct horse'), 'correct horse'],
    ['of other letters', utf8('größer 字 🔑'), 'größer 字 🔑'],
    ['with spaces at its ends, which are significant', utf8(' a \tb '), ' a \tb '],
    ['before a line break', utf8('correct horse\n'), 'correct horse'],
    ['before a Windows line break', utf8('correct horse\r\n'), 'correct horse'],
    ['before a carriage return alone', utf8('correct horse\r'), 'correct horse'],
    ['after a byte order mark', join(bom, utf8('correct horse\r\n')), 'correct horse'],
    ['with a mark that is not at its start', utf8('a\ufeffb'), 'a\ufeffb'],
    ['with replacement characters of its own', utf8('gr\ufffd\ufffder'), 'gr\ufffd\ufffder'],
    ['of 1024 bytes', utf8('x'.repeat(1024)), 'x'.repeat(1024)],
    ['of 1025 bytes', utf8('x'.repeat(1025)), 'refused: too-long'],
    ['of 1024 bytes, with one character cut', utf8(`${'x'.repeat(1022)}字`), 'refused: too-long'],
    ['that is empty', utf8(''), 'refused: empty'],
    ['of a line break', utf8('\r\n'), 'refused: empty'],
    ['of a byte order mark', bom, 'refused: empty'],
    ['with a second line', utf8('correct\nhorse'), 'refused: several-lines'],
    ['with a second, empty line', utf8('correct\n\n'), 'refused: several-lines'],
    ['after an empty line', utf8('\ncorrect'), 'refused: several-lines'],
    ['with a carriage return in it', utf8('correct\rhorse'), 'refused: several-lines'],
    ['with a 0', utf8('correct\0horse'), 'refused: control-character'],
    ['ending with a 0, as C programs write', utf8('correct\0'), 'refused: control-character'],
    ['with the bytes of an arrow key', utf8('correct\u001b[Dhorse'), 'refused: control-character'],
    ['with a typed-in Backspace', utf8('correctt\u007f'), 'refused: control-character'],
    ['in Latin-1', Buffer.from('größer', 'latin1'), 'refused: not-utf-8'],
    ['cut within a character', utf8('größer 字').subarray(0, -1), 'refused: not-utf-8'],
    ['with an overlong character', Uint8Array.of(0x61, 0xc0, 0xaf), 'refused: not-utf-8'],
    [
      'with half a surrogate pair as UTF-8',
      Uint8Array.of(0x61, 0xed, 0xa0, 0x80),
      'refused: not-utf-8',
    ],
    [
      'with a character beyond Unicode',
      Uint8Array.of(0xf4, 0x90, 0x80, 0x80),
      'refused: not-utf-8',
    ],
    ['of random bytes', Uint8Array.of(0x9b, 0x01, 0xe2, 0x44, 0xfe), 'refused: not-utf-8'],
    [
      'in UTF-16, as PowerShell 5 redirects',
      join(Uint8Array.of(0xff, 0xfe), utf16('correct horse\r\n')),
      'refused: utf-16',
    ],
    [
      'in UTF-16, big-endian',
      join(Uint8Array.of(0xfe, 0xff), utf16be('correct horse')),
      'refused: utf-16',
    ],
    ['in UTF-16 without a mark', utf16('correct horse'), 'refused: utf-16'],
    ['in UTF-16 without a mark, big-endian', utf16be('größer, 字'), 'refused: utf-16'],
    ['in Chinese in UTF-16', join(Uint8Array.of(0xff, 0xfe), utf16('密码短语')), 'refused: utf-16'],
    [
      'in UTF-32',
      join(Uint8Array.of(0xff, 0xfe, 0, 0), Uint8Array.of(0x61, 0, 0, 0)),
      'refused: utf-16',
    ],
  ]
  for (const [what, bytes, taken] of table) {
    test(`${what}: ${taken.slice(0, 40)}`, () => {
      const before = Uint8Array.from(bytes)
      assert.equal(read(passphraseIn, bytes), taken)
      assert.deepEqual(Uint8Array.from(bytes), before, 'the bytes are left unchanged')
    })
  }
})

describe('lines', () => {
  const table: readonly (readonly [what: string, bytes: Uint8Array, taken: string])[] = [
    ['as they are', utf8('a\r\nb\n'), 'a\r\nb\n'],
    ['after a byte order mark', join(bom, utf8('a\nb')), 'a\nb'],
    ['longer than a passphrase', utf8('word '.repeat(400)), 'word '.repeat(400)],
    ['that are empty', utf8('\r\n\n'), 'refused: empty'],
    ['with a 0', utf8('a\n\0b'), 'refused: control-character'],
    ['in Latin-1', Buffer.from('# für später\n', 'latin1'), 'refused: not-utf-8'],
    ['in UTF-16', join(Uint8Array.of(0xff, 0xfe), utf16('a\r\nb\r\n')), 'refused: utf-16'],
  ]
  for (const [what, bytes, taken] of table)
    test(`${what}: ${JSON.stringify(taken.slice(0, 20))}`, () =>
      assert.equal(read(linesIn, bytes), taken))
})
