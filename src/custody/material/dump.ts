/**
 * Dumps of bytes with offsets, as xxd, hexdump -C and od -t x1 print them. Dumps that do not show
 * every byte in order are refused.
 */
import { Wiped } from '../../domain/material/wiped.ts'
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
  // Every byte takes at least two digits.
  using dumped = Wiped.of(new Uint8Array(Math.floor(text.length / 2)))
  let size = 0
  for (const [i, line] of lines.entries()) {
    const parsed = lineOf(line)
    if (parsed === undefined) return refused('dump-words')
    const { offset } = parsed
    using found = Wiped.of(parsed.found)
    // The offsets of od are octal.
    if (Number.parseInt(offset, 16) !== size && Number.parseInt(offset, 8) !== size)
      return refused('dump-cut', { line: i + 1 })
    dumped.bytes.set(found.bytes, size)
    size += found.bytes.length
  }
  return dumped.bytes.slice(0, size)
}

function lineOf(line: string): { readonly offset: string; readonly found: Uint8Array } | undefined {
  const match = /^([0-9a-f]{6,16})(:?)(.*)$/i.exec(line)
  if (match === null) return undefined
  const [, offset = '', colon = '', rest = ''] = match
  // xxd ends its digits with two blanks, hexdump -C with a bar.
  const digits =
    colon === ':' ? (rest.trimStart().split('  ')[0] ?? '') : (rest.split('|')[0] ?? '').trim()
  const groups = digits === '' ? [] : digits.split(/\s+/)
  const size = colon === ':' ? /^([0-9a-f]{2})+$/i : /^[0-9a-f]{2}$/i
  if (!groups.every((group) => size.test(group))) return undefined
  using found = Wiped.of(Uint8Array.fromHex(groups.join('')))
  const shown = colon === ':' ? rest.trimStart().slice(digits.length).trim() : ''
  return shown === '' || shown === asShown(found.bytes)
    ? { offset, found: found.release() }
    : undefined
}

/**
 * The text column of xxd: bytes in file order, which the digits of xxd -e and xxd -b do not show.
 */
function asShown(found: Uint8Array): string {
  return Array.from(found, (byte) =>
    byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : '.',
  )
    .join('')
    .trim()
}
