/** Why a text is not base64 or hexadecimal, and that this agrees with what the decoders reject. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { base64Fault, byteTextSentence, hexFault } from '../../src/domain/material/byte-text.ts'
import { decodeBase64 } from '../../src/wire/base64.ts'
import { decodeHex } from '../../src/wire/hex.ts'

const most = 96

/** A text -> the sentence about it. */
const base64: readonly (readonly [text: string, sentence: string | undefined])[] = [
  ['QUJD', undefined],
  ['QUI=', undefined],
  ['QQ==', undefined],
  ['', 'it is empty'],
  ['QUJD\nQUJD', 'it has a line break at character 5; give it as one line'],
  ['QUJD\r\nQUJD', 'it has a line break at character 5; give it as one line'],
  ['QUJD\n', 'it has a line break at character 5; give it as one line'],
  [
    'QU D',
    'it has a space at character 3; a form or a URL turns a "+" that is not percent-encoded into one',
  ],
  ['QU%2BD', 'it is percent-encoded from character 3 on; decode it first'],
  [
    'QU-D',
    'it uses the URL-safe alphabet of base64 (character 3); replace "-" with "+" and "_" with "/"',
  ],
  [
    'QU_',
    'it uses the URL-safe alphabet of base64 (character 3); replace "-" with "+" and "_" with "/"',
  ],
  ['QU!D', 'it is not base64: character 3 is not in its alphabet'],
  ['QUJDö', 'it is not base64: character 5 is not in its alphabet'],
  ['QUI=QUJD', 'it has padding before its end, at character 4; is it two concatenated texts?'],
  ['Q===', 'it has padding before its end, at character 2; is it two concatenated texts?'],
  [
    'QUJDQ',
    'it has 5 characters, which is not a multiple of 4: it was cut, or the "=" at its end is missing',
  ],
  [
    'QUI',
    'it has 3 characters, which is not a multiple of 4: it was cut, or the "=" at its end is missing',
  ],
  ['QUJ=', 'it does not end as base64 does: its last characters were changed or cut'],
  ['QR==', 'it does not end as base64 does: its last characters were changed or cut'],
  ['A'.repeat(128), undefined],
  ['A'.repeat(132), 'it is longer than 96 bytes'],
]
const hex: readonly (readonly [text: string, sentence: string | undefined])[] = [
  ['00ff', undefined],
  ['00FF', undefined],
  ['', 'it is empty'],
  ['00ff\n', 'it has a line break at character 5; give it as one line'],
  [
    '00 ff',
    'it has a space at character 3; a form or a URL turns a "+" that is not percent-encoded into one',
  ],
  ['0x00ff', 'it begins with 0x; leave it out'],
  ['00fg', 'it is not hexadecimal: character 4 is not a digit'],
  ['00f', 'it has 3 hexadecimal digits, which is an odd number: one was cut or added'],
  ['00'.repeat(97), 'it is longer than 96 bytes'],
]

for (const [form, rows, faultOf] of [
  ['base64', base64, base64Fault],
  ['hexadecimal', hex, hexFault],
] as const)
  test(`the sentence about a text that is not ${form}`, () => {
    for (const [text, sentence] of rows) {
      const fault = faultOf(text, most)
      assert.equal(fault && byteTextSentence('it', fault), sentence, JSON.stringify(text))
    }
  })

describe('a text has a fault exactly when the decoder rejects it', () => {
  const alphabets = ['AQgw+/=', 'ABC123+/=-_ \n%', '0123456789abcdefABCDEF', '0af xg']
  for (const [form, decode, faultOf] of [
    ['base64', decodeBase64, base64Fault],
    ['hexadecimal', decodeHex, hexFault],
  ] as const)
    test(form, () => {
      for (let round = 0; round < 20_000; round++) {
        const alphabet = alphabets[round % alphabets.length] ?? ''
        const bytes = randomBytes(1 + (round % 9))
        const text = Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('')
        assert.equal(
          faultOf(text, 5) === undefined,
          decode(text, 5) !== undefined,
          JSON.stringify(text),
        )
      }
    })
})
