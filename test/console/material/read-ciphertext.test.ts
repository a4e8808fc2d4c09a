/** Ciphertexts as people paste them into Try it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCiphertext } from '../../../console/src/features/try/read-ciphertext.ts'

const envelope = Uint8Array.from({ length: 110 }, (_, i) => [1, 1, 1][i] ?? 250 + (i % 6))
const base64 = envelope.toBase64()
const line = /.{1,64}/g

/** What is pasted -> the bytes, or the key of the message and its values. */
const rows: readonly (readonly [
  what: string,
  text: string,
  read: Uint8Array | readonly [key: string, values: object],
])[] = [
  ['as it was given', base64, envelope],
  ['in lines', base64.match(line)?.join('\r\n') ?? '', envelope],
  ['between blanks', ` ${base64}\n`, envelope],
  ['in the URL alphabet', base64.replaceAll('+', '-').replaceAll('/', '_'), envelope],
  [
    'the same without padding',
    envelope.toBase64({ alphabet: 'base64url', omitPadding: true }),
    envelope,
  ],
  ['in hexadecimal', envelope.toHex(), envelope],
  ['nothing', ' \n', ['try.noCiphertext', {}]],
  [
    'percent-encoded',
    base64.replace('/', '%2F'),
    ['try.ciphertextFault.escaped', { at: base64.indexOf('/') + 1 }],
  ],
  [
    'with another character',
    `${base64.slice(0, 8)}!${base64.slice(9)}`,
    ['try.ciphertextFault.not-base64', { at: 9 }],
  ],
  [
    'twice',
    `${base64}${base64}`,
    ['try.ciphertextFault.padding-inside', { at: base64.indexOf('=') + 1 }],
  ],
  ['cut in a group', base64.slice(0, 141), ['try.ciphertextFault.cut-base64', { length: 141 }]],
  ['cut in its header', base64.slice(0, 100), ['message.notACiphertext', {}]],
  ['of another system', new Uint8Array(120).fill(9).toBase64(), ['message.notACiphertext', {}]],
]
for (const [what, text, expected] of rows)
  test(`a ciphertext ${what}`, () => {
    const read = readCiphertext(text, true)
    assert.deepEqual(read instanceof Uint8Array ? read : [read.key, read.values], expected)
  })

test('a ciphertext of a key pair has no header', () => {
  const bytes = new Uint8Array(256).fill(9)
  assert.deepEqual(readCiphertext(bytes.toBase64(), false), bytes)
})
