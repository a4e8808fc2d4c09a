/**
 * Why a text is not the base64 (RFC 4648 section 4, canonical) or the hexadecimal of bytes. It
 * depends on the text alone and on no key.
 */

import { KmsError, type KmsErrorCode } from '../errors.ts'

/**
 * Follows the name of the text, as in `the ciphertext is empty`. `at` is the position of a
 * character, from 1.
 */
export const byteTextFaults = {
  empty: 'is empty',
  'too-long': 'is longer than {most} bytes',
  'line-break': 'has a line break at character {at}; give it as one line',
  blank:
    'has a space at character {at}; a form or a URL turns a "+" that is not percent-encoded into one',
  escaped: 'is percent-encoded from character {at} on; decode it first',
  'url-alphabet':
    'uses the URL-safe alphabet of base64 (character {at}); replace "-" with "+" and "_" with "/"',
  'not-base64': 'is not base64: character {at} is not in its alphabet',
  'padding-inside': 'has padding before its end, at character {at}; is it two concatenated texts?',
  'cut-base64':
    'has {length} characters, which is not a multiple of 4: it was cut, or the "=" at its end is missing',
  'last-character': 'does not end as base64 does: its last characters were changed or cut',
  'hex-prefix': 'begins with 0x; leave it out',
  'not-hex': 'is not hexadecimal: character {at} is not a digit',
  'cut-hex': 'has {length} hexadecimal digits, which is an odd number: one was cut or added',
} as const satisfies Readonly<Record<string, string>>

export type ByteTextFault = {
  readonly reason: keyof typeof byteTextFaults
  readonly values: Readonly<Record<string, number>>
}

/**
 * @param most the longest value, in bytes.
 * @returns undefined for canonical base64 of 1 to `most` bytes.
 */
export function base64Fault(text: string, most: number): ByteTextFault | undefined {
  const general = generalFault(text, Math.ceil(most / 3) * 4, most)
  if (general !== undefined) return general
  const { length } = text
  const at = placeOf(text, /[^A-Za-z0-9+/=]/)
  if (at !== undefined)
    return fault(/[-_]/.test(text.charAt(at - 1)) ? 'url-alphabet' : 'not-base64', { at })
  const inside = placeOf(text, /=(?=[^=])|=(?===)/)
  if (inside !== undefined) return fault('padding-inside', { at: inside })
  if (length % 4 !== 0) return fault('cut-base64', { length })
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  // Bits after the last byte are zero: 4 of the last character before two padding characters, 2
  // before one.
  const last = { 0: /[^=]$/, 1: /[AEIMQUYcgkosw048]=$/, 2: /[AQgw]==$/ }[padding]
  if (!last.test(text)) return fault('last-character')
  return (length / 4) * 3 - padding > most ? fault('too-long', { most }) : undefined
}

/**
 * @param most the longest value, in bytes.
 * @returns undefined for hexadecimal digits, in either case, of 1 to `most` bytes.
 */
export function hexFault(text: string, most: number): ByteTextFault | undefined {
  const general = generalFault(text, most * 2, most)
  if (general !== undefined) return general
  if (/^0x/i.test(text)) return fault('hex-prefix')
  const at = placeOf(text, /[^0-9a-fA-F]/)
  if (at !== undefined) return fault('not-hex', { at })
  return text.length % 2 === 0 ? undefined : fault('cut-hex', { length: text.length })
}

/**
 * The sentence for a fault. @param name of the text, such as `the ciphertext` or the name of a
 * field.
 */
export function byteTextSentence(name: string, { reason, values }: ByteTextFault): string {
  return `${name} ${byteTextFaults[reason].replaceAll(/\{(\w+)\}/g, (_, value: string) => String(values[value]))}`
}

/** The refusal of a text that is not base64. @param name of the field. */
export function notBase64(code: KmsErrorCode, name: string, text: string, most: number): KmsError {
  return refusal(code, name, base64Fault(text, most))
}

/** The same for hexadecimal. */
export function notHex(code: KmsErrorCode, name: string, text: string, most: number): KmsError {
  return refusal(code, name, hexFault(text, most))
}

function refusal(code: KmsErrorCode, name: string, fault: ByteTextFault | undefined): KmsError {
  if (fault === undefined) throw new TypeError('the text was decoded')
  return new KmsError(code, byteTextSentence(name, fault))
}

/** Damage that both forms suffer in transit, reported before its consequences. */
function generalFault(
  text: string,
  mostCharacters: number,
  most: number,
): ByteTextFault | undefined {
  if (text === '') return fault('empty')
  const found = /[\r\n]|\s|%[0-9a-fA-F]{2}/.exec(text)
  if (found === null) return text.length > mostCharacters ? fault('too-long', { most }) : undefined
  const [what] = found
  return fault(/[\r\n]/.test(what) ? 'line-break' : what.startsWith('%') ? 'escaped' : 'blank', {
    at: found.index + 1,
  })
}

function placeOf(text: string, what: RegExp): number | undefined {
  const at = text.search(what)
  return at < 0 ? undefined : at + 1
}

function fault(
  reason: ByteTextFault['reason'],
  values: ByteTextFault['values'] = {},
): ByteTextFault {
  return { reason, values }
}
