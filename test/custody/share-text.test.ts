/**
 * Shares are found in every text form they travel in; errors name the share, the word and its
 * number.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { shareText } from '../../src/custody/share-text.ts'
import { shareWords } from '../../src/custody/share-words.ts'
import { combineShares, makeShares, readShares, type Share } from '../../src/custody/shares.ts'
import { readGolden, unhex } from '../golden/golden.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The page that the console prints, as copied from its PDF. */
const printed = (share: Share, wordsOf = (text: string) => text): string =>
  [
    `Holdfast share ${share.number} of ${share.count}, set ${share.set}, ${share.words.length} words`,
    'Alias',
    'payments/absurd-key',
    'Key ID',
    '5d1ae7c6-4a7b-4c6e-9b42-0d4f1f3a9c11',
    'Check value',
    '1A2B 3C4D 5E6F 7081',
    'Threshold',
    `Any ${share.threshold} of ${share.count} shares restore the material; fewer reveal nothing.`,
    ...share.words.map((word, i) => `${i + 1} ${wordsOf(word)}`),
    'Keep each share in a different place. Anyone who holds enough of them holds the key.',
  ].join('\n')
/** The same page with the sentences of an earlier release. */
const printedEarlier = (share: Share): string =>
  printed(share)
    .replace(
      'restore the material; fewer reveal nothing.',
      'give the material back; fewer tell nothing.',
    )
    .replace(
      /Keep each share in a .*/,
      'Keep each share in another place. Whoever holds enough of them holds the key.',
    )
const printedInChinese = (share: Share): string =>
  [
    `Holdfast 分片 ${share.number}/${share.count}，组 ${share.set}，${share.words.length} 个单词`,
    `别名 payments 阈值 ${share.count} 个分片中任意 ${share.threshold} 个即可恢复密钥材料，不足则得不到任何信息。`,
    ...share.words.map((word, i) => `${i + 1} ${word}`),
    '请将每个分片保存在不同的地方。持有足够分片的人即持有密钥。',
  ].join('\n')
/** The file of the command line before it included the number of words. */
const earlier = (share: Share): string => shareText(share).replace(/, \d+ words\./, '.')

const quoted = (text: string, mark: string): string => text.replaceAll(/^/gm, mark)
const mail = (text: string): string =>
  `Subject: Holdfast share 1 of 5\nFrom: Any Person <any@example.com>\n\nHello Bob,\nthis is what you keep. Check that you can give it back.\n\n${text}\n-- \nAny Person\n`
const plates = ({ words }: Share): string => words.map((word) => word.slice(0, 4)).join(' ')
const columns = ({ words }: Share): string => {
  const height = Math.ceil(words.length / 3)
  const rows = Array.from({ length: height }, (_, row) => [row, row + height, row + 2 * height])
  return rows
    .map((row) =>
      row.flatMap((at) => (words[at] === undefined ? [] : [`${at + 1}. ${words[at]}`])).join('\t'),
    )
    .join('\n')
}

/** How a share is written down. */
const forms: Readonly<Record<string, (share: Share) => string>> = {
  'words alone': ({ words }) => words.join(' '),
  'file of the command line': shareText,
  'file of the command line before this release': earlier,
  'file without its header': (share) => shareText(share).split('\n').slice(2).join('\n'),
  'page of the console': printed,
  'page of the console before this release': printedEarlier,
  'page of the console in Chinese': printedInChinese,
  'screen of the console': (share) =>
    `Share ${share.number} of ${share.count}\nHide Print this share Previous Next\n${share.words.join(' ')}`,
  'one word a line': ({ words }) => words.join('\n'),
  'numbered lines': ({ words }) => words.map((word, i) => `${i + 1}. ${word}`).join('\n'),
  'three columns read across': columns,
  'with commas': ({ words }) => words.join(', '),
  'plates with four letters': plates,
  'page with four letters': (share) => printed(share, (word) => word.slice(0, 4)),
}

/** What happens to a text on its way. */
const ways: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  CRLF: (text) => text.replaceAll('\n', '\r\n'),
  'old Mac line breaks': (text) => text.replaceAll('\n', '\r'),
  'no line breaks at all': (text) => text.replaceAll('\n', ' '),
  'line breaks as two characters': (text) => text.replaceAll('\n', '\\n'),
  'tabs for blanks': (text) => text.replaceAll(' ', '\t'),
  'no-break spaces': (text) => text.replaceAll(' ', '\u00a0'),
  'zero-width characters': (text) => text.replaceAll('a', 'a\u200b'),
  'ligatures of a PDF': (text) => text.replaceAll('fi', 'ﬁ').replaceAll('fl', 'ﬂ'),
  'wide letters': (text) =>
    text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  'upper case': (text) => text.toUpperCase(),
  BOM: (text) => `\ufeff${text}`,
  'quoted mail': (text) => mail(quoted(text, '> ')),
  'mail quoted twice': (text) => quoted(mail(quoted(text, '> ')), '>'),
  'mail quoted with initials': (text) => quoted(text, 'JD> '),
  'mail with soft line breaks': (text) => text.replaceAll(/(.{20})/g, '$1=\r\n'),
}

describe('every form of a share is found after every kind of transport', () => {
  const material = randomBytes(32)
  let shares: Share[] = []
  before(async () => {
    shares = await makeShares(material, 5, 3)
  })
  for (const [form, write] of Object.entries(forms))
    test(form, async () => {
      for (const [way, send] of Object.entries(ways)) {
        const texts = shares.slice(1, 4).map((share) => send(write(share)))
        assert.equal(hex(await combineShares(texts)), hex(material), way)
        const written = shares.slice(1, 4).map((share) => write(share))
        const together = send(written.join('\n\n'))
        if (form === 'three columns read across')
          await assert.rejects(combineShares([together]), /cannot be distinguished/, way)
        else
          assert.equal(hex(await combineShares([together])), hex(material), `${way}, in one text`)
      }
    })
})

test('the golden shares of every length are found after every kind of transport', async () => {
  for (const { material, words } of readGolden<{ material: string; words: string[] }[]>('shares'))
    for (const send of Object.values(ways))
      assert.equal(hex(await combineShares(words.map((one) => send(one)))), hex(unhex(material)))
})

test('a mail that quotes a share again holds one share', async () => {
  const [one, two] = (await makeShares(randomBytes(32), 3, 2)) as [Share, Share, Share]
  const thread = `${shareText(one)}\n> ${shareText(one).replaceAll('\n', '\n> ')}`
  assert.equal(readShares([thread]).length, 1)
  assert.deepEqual(
    readShares([thread, shareText(two)]).map(({ which }) => which),
    [1, 2],
  )
})

describe('what is wrong with a share is named', () => {
  const [golden] = readGolden<{ material: string; words: string[] }[]>('shares')
  const words = (golden?.words ?? []).map((one) => one.split(' '))
  const [one = [], two = []] = words
  const join = (share: readonly string[]): string => share.join(' ')
  const headed = (number: number, share: readonly string[]): string =>
    shareText({ number, threshold: 2, count: 3, set: '00000000', words: share }).replace(
      /\d+ words/,
      '32 words',
    )
  const numbered = (share: readonly string[]): string =>
    share.map((word, i) => `${i + 1} ${word}`).join('\n')
  const swap = (share: readonly string[], a: number, b: number) =>
    share.with(a, share[b] ?? '').with(b, share[a] ?? '')

  const rows: readonly (readonly [given: string, texts: readonly string[], sentence: string])[] = [
    ['nothing', [], 'No share was given.'],
    [
      'an empty text',
      [''],
      'Share 1: this text holds no share. A share is 21 to 57 words, and the first is "absurd".',
    ],
    [
      'a text of another kind',
      [join(one), '-----BEGIN PRIVATE KEY-----\nMC4CAQ=='],
      'Share 2: this text holds no share. A share is 21 to 57 words, and the first is "absurd".',
    ],
    [
      'a header that lost its words',
      ['Holdfast share 3 of 5, set 12345678, 32 words.'],
      'Share 3: this text holds no share. A share is 21 to 57 words, and the first is "absurd".',
    ],
    [
      'letters that changed places',
      [join(one), join(two.with(16, 'gauge').with(5, 'barerl'))],
      'Share 2, word 6: "barerl" is not in the list of words; nearest: barrel.',
    ],
    [
      'a word that is not in the list',
      [join(one.with(16, 'xyzzy'))],
      `Share 1, word 17: "xyzzy" is not in the list of words; nearest: ${one[16]}.`,
    ],
    [
      'the same under its header',
      [headed(3, one.with(16, 'xyzzy'))],
      `Share 3, word 17: "xyzzy" is not in the list of words; nearest: ${one[16]}.`,
    ],
    [
      'the same on a page',
      [
        printed({
          number: 3,
          threshold: 2,
          count: 3,
          set: '00000000',
          words: one.with(16, 'xyzzy'),
        }),
      ],
      `Share 3, word 17: "xyzzy" is not in the list of words; nearest: ${one[16]}.`,
    ],
    [
      'the same on a page of an earlier release',
      [
        printedEarlier({
          number: 3,
          threshold: 2,
          count: 3,
          set: '00000000',
          words: one.with(16, 'xyzzy'),
        }),
      ],
      `Share 3, word 17: "xyzzy" is not in the list of words; nearest: ${one[16]}.`,
    ],
    [
      'the first word of a numbered page',
      [numbered(one.with(0, 'obsurd'))],
      'Share 1, word 1: "obsurd" is not in the list of words; nearest: absurd.',
    ],
    [
      'two words that are not in the list',
      [join(one.with(3, 'abandno').with(9, 'abilitty'))],
      'Share 1, word 4: "abandno" is not in the list of words; nearest: abandon.',
    ],
    [
      'a word of another alphabet',
      [join(one.with(3, 'слово'))],
      `Share 1, word 4: "слово" is not in the list of words; nearest: ${one[3]}.`,
    ],
    [
      'another word of the list',
      [join(one.with(3, 'zoo'))],
      `Share 1, word 4: "zoo" is wrong; "${one[3]}" fits there.`,
    ],
    [
      'two words that changed places',
      [join(swap(one, 4, 5))],
      'Share 1: words 5 and 6 are swapped.',
    ],
    [
      'two words far apart that changed places',
      [join(swap(one, 1, 30))],
      'Share 1: words 2 and 31 are swapped.',
    ],
    [
      'two other words',
      [join(one.with(3, 'zoo').with(9, 'zone'))],
      'Share 1: the words do not match their checksum. At least two of them are wrong.',
    ],
    [
      'one word missing',
      [join(one.toSpliced(16, 1))],
      `Share 1: 31 of 32 words. Word 17 is missing; "${one[16]}" fits there.`,
    ],
    [
      'the last word missing',
      [headed(2, one.slice(0, 31))],
      `Share 2: 31 of 32 words. Word 32 is missing; "${one[31]}" fits there.`,
    ],
    [
      'three words missing under a header',
      [headed(2, one.toSpliced(5, 3))],
      'Share 2: 29 of 32 words. Look for the missing words.',
    ],
    [
      'half of the words, with another share',
      [join(two), join(one.slice(0, 16))],
      'Share 2: 16 of 32 words. Look for the missing words.',
    ],
    ['few words', ['absurd blouse'], 'Share 1: 2 words. A share has 21 to 57.'],
    [
      'a word twice',
      [join(one.toSpliced(7, 0, one[7] ?? ''))],
      `Share 1: 33 words, where 32 are needed. Without word 8, "${one[7]}", they fit.`,
    ],
    [
      'two words twice',
      [headed(1, [...one, ...one.slice(30)].toSpliced(3, 1, 'zoo'))],
      'Share 1: 34 words, where 32 are needed. Look for words that were written twice.',
    ],
    [
      'a whole and a damaged share in one text',
      [`${headed(1, one)}\n${headed(2, two.with(8, 'xyzzy'))}`],
      `Share 2, word 9: "xyzzy" is not in the list of words; nearest: ${two[8]}.`,
    ],
    [
      'the same without headers',
      [`${join(one)}\n${join(two.with(8, 'xyzzy'))}`],
      `Share 2, word 9: "xyzzy" is not in the list of words; nearest: ${two[8]}.`,
    ],
    [
      'two damaged shares without headers',
      [`${join(one.with(8, 'zoo'))}\n${join(two.with(8, 'zoo'))}`],
      'Share 1: this text holds several shares that cannot be distinguished. Give each share separately, or with its header.',
    ],
    ['too few', [join(one)], '1 of 3 shares. Give more shares of this set.'],
    [
      'one twice',
      [join(one), headed(1, one)],
      'Share 1 was given twice. Give another share of this set.',
    ],
    [
      'a share of another version',
      [newer()],
      'Share 1 was made by a newer Holdfast. Read it with that version.',
    ],
  ]
  for (const [given, texts, sentence] of rows)
    test(given, async () => {
      await assert.rejects(combineShares(texts), { name: 'SharesError', message: sentence })
    })
})

/** A share whose first byte is 2, with its checksum. */
function newer(): string {
  return shareWords(Uint8Array.of(2, 2, 3, ...new Uint8Array(37).fill(7))).join(' ')
}

test('any single word that is wrong, missing or repeated is named, wherever it is', async () => {
  const [share] = (await makeShares(randomBytes(16), 3, 2)) as [Share]
  const { words } = share
  // Searching the whole list at every position is slow.
  for (const at of [0, 1, 7, 13, 19, 20]) {
    const word = words[at] ?? ''
    const other = wordlist[(wordlist.indexOf(word) + 1 + at) % 2048] ?? ''
    const said = async (changed: readonly string[]): Promise<string> =>
      combineShares([changed.join(' ')]).then(
        () => '',
        (error: Error) => error.message,
      )
    assert.equal(
      await said(words.with(at, other)),
      `Share 1, word ${at + 1}: "${other}" is wrong; "${word}" fits there.`,
    )
    assert.match(
      await said(words.toSpliced(at, 1)),
      /^Share 1: 20 of 21 words\. Word \d+ is missing/,
    )
    // Before or after the share, the word is not part of it.
    const isInside = at > 0 && at < words.length - 1
    const expected = isInside
      ? /^Share 1: 22 words, where 21 are needed\. Without word \d+/
      : /^1 of 2 shares/
    assert.match(await said(words.toSpliced(at, 0, word)), expected)
  }
})

test('a text of any size is read in bounded time', async () => {
  const long = 'absurd avoid '.repeat(7_000)
  await assert.rejects(combineShares([long]), { name: 'SharesError' })
  await assert.rejects(combineShares(['absurd '.repeat(100_000)]), { name: 'SharesError' })
})
