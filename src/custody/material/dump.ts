/**
 * Dumps of bytes with offsets, as xxd, hexdump -C and od -t x1 print them. Dumps that do not show
 * every byte in order are refused.
 */
import { refused, type Unread } from './verdicts.ts'

/** @returns undefined for text that is not a dump. */
export function readDump(text: string): Uint8Array | Unread | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (
    lines.length === 0 ||
    !lines.every((line) => /^[0-9a-f]{6,16}:?(\s|$)/i.test(line) || line === '*')
  )
    return undefined
  // A line of only digits is not a dump, and the first offset is 0.
  if (!/^0+:?\s+\S/.test(lines[0] ?? '')) return undefined
  const bytes: number[] = []
  for (const [i, line] of lines.entries()) {
    const parsed = lineOf(line)
    if (parsed === undefined) return refused('dump-words')
    const { offset, found } = parsed
    // The offsets of od are octal.
    if (
      Number.parseInt(offset, 16) !== bytes.length &&
      Number.parseInt(offset, 8) !== bytes.length
    ) {
      bytes.fill(0)
      return refused('dump-cut', { line: i + 1 })
    }
    bytes.push(...found)
  }
  const whole = Uint8Array.from(bytes)
  bytes.fill(0)
  return whole
}

function lineOf(
  line: string,
): { readonly offset: string; readonly found: readonly number[] } | undefined {
  const match = /^([0-9a-f]{6,16})(:?)(.*)$/i.exec(line)
  if (match === null) return undefined
  const [, offset = '', colon = '', rest = ''] = match
  // xxd ends its digits with two blanks, hexdump -C with a bar.
  const digits =
    colon === ':' ? (rest.trimStart().split('  ')[0] ?? '') : (rest.split('|')[0] ?? '').trim()
  const groups = digits === '' ? [] : digits.split(/\s+/)
  const size = colon === ':' ? /^([0-9a-f]{2})+$/i : /^[0-9a-f]{2}$/i
  if (!groups.every((group) => size.test(group))) return undefined
  const found = [...Uint8Array.fromHex(groups.join(''))]
  const shown = colon === ':' ? rest.trimStart().slice(digits.length).trim() : ''
  return shown === '' || shown === asShown(found) ? { offset, found } : undefined
}

/**
 * The text column of xxd: bytes in file order, which the digits of xxd -e and xxd -b do not show.
 */
function asShown(found: readonly number[]): string {
  return found
    .map((byte) => (byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : '.'))
    .join('')
    .trim()
}
