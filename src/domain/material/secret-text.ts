/**
 * The one way in which bytes from a file or a keyboard become a passphrase, an identity or words:
 * as UTF-8, or refused with the reason. A text decoded with replacement characters would never open
 * anything again, or another text would open the same. Runs in Node and in browsers.
 */

/** Longest passphrase, in bytes. */
export const longestPassphrase = 1024

const byteOrderMark = [0xef, 0xbb, 0xbf] as const
const [tab, lineFeed, carriageReturn, delete_] = [9, 10, 13, 127] as const
/** Enough of a file to detect which byte of each pair is always 0 in UTF-16. */
const looked = 64

export const secretTextFaults = {
  'utf-16':
    'is UTF-16, as PowerShell and some Windows editors save text; save it as UTF-8 (in PowerShell 7: Set-Content -Encoding utf8)',
  'not-utf-8': 'is not valid UTF-8, so other programs may read it differently; save it as UTF-8',
  'control-character': 'contains a control character, which cannot be typed; remove it',
  'several-lines': 'has several lines but should have one; keep only that line',
  'too-long': `is longer than ${longestPassphrase} bytes; it is probably the wrong file`,
  empty: 'is empty',
} as const

export type SecretTextFault = keyof typeof secretTextFaults

/** Text that is refused. The message follows the name of its source, as in `words.txt is empty`. */
export class SecretTextRefused extends Error {
  readonly fault: SecretTextFault

  constructor(fault: SecretTextFault) {
    super(secretTextFaults[fault])
    this.fault = fault
  }
}

/**
 * A passphrase: one line, without the byte order mark before it and the line break after it. Spaces
 * are significant.
 * @returns a part of `bytes`, not a copy. @throws SecretTextRefused.
 */
export function passphraseIn(bytes: Uint8Array): Uint8Array {
  const text = checked(bytes)
  const line = text.subarray(0, endOfLine(text))
  if (line.length === 0) throw new SecretTextRefused('empty')
  if (line.includes(lineFeed) || line.includes(carriageReturn))
    throw new SecretTextRefused('several-lines')
  if (line.length > longestPassphrase) throw new SecretTextRefused('too-long')
  return line
}

/**
 * Several lines, such as identities or words, without the byte order mark before them.
 * @returns a part of `bytes`, not a copy. @throws SecretTextRefused.
 */
export function linesIn(bytes: Uint8Array): Uint8Array {
  const text = checked(bytes)
  if (text.every((byte) => byte === lineFeed || byte === carriageReturn))
    throw new SecretTextRefused('empty')
  return text
}

function checked(bytes: Uint8Array): Uint8Array {
  if (looksLikeUtf16(bytes)) throw new SecretTextRefused('utf-16')
  if (!isUtf8(bytes)) throw new SecretTextRefused('not-utf-8')
  if (bytes.some(isControl)) throw new SecretTextRefused('control-character')
  const isMarked = byteOrderMark.every((byte, i) => bytes[i] === byte)
  return isMarked ? bytes.subarray(byteOrderMark.length) : bytes
}

/**
 * A byte order mark of UTF-16 or UTF-32, or Latin text without one: most pairs of the first bytes
 * hold a 0, on the same side.
 */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true
  if (bytes.length < 2 || bytes.length % 2 !== 0) return false
  const head = bytes.subarray(0, looked)
  const [even = 0, odd = 0] = [0, 1].map(
    (side) => head.filter((byte, i) => i % 2 === side && byte === 0).length,
  )
  return Math.min(even, odd) === 0 && Math.max(even, odd) > head.length / 4
}

/**
 * One byte at a time, so that the decoder never makes a string of the whole text, which could not
 * be wiped.
 */
function isUtf8(bytes: Uint8Array): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    for (let i = 0; i < bytes.length; i++)
      decoder.decode(bytes.subarray(i, i + 1), { stream: true })
    decoder.decode()
    return true
  } catch {
    return false
  }
}

function isControl(byte: number): boolean {
  return (
    (byte < 0x20 && byte !== tab && byte !== lineFeed && byte !== carriageReturn) ||
    byte === delete_
  )
}

/** Length of a text without the line break at its end. */
export function endOfLine(text: Uint8Array): number {
  if (text.at(-1) === carriageReturn) return text.length - 1
  if (text.at(-1) !== lineFeed) return text.length
  return text.at(-2) === carriageReturn ? text.length - 2 : text.length - 1
}
