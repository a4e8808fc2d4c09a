/**
 * Finds material in what left a page: any eight consecutive bytes of it, in every encoding, and in
 * encodings of encodings.
 */

const runBytes = 8
/** Runs with fewer different bytes are padding, which occurs everywhere. */
const leastDifferent = 4
/** A key in base64 in a JSON string in a parameter of an address is four deep. */
const deepest = 5

type View = { readonly how: string; readonly bytes: Buffer }

/** Encodings that keep the rest of a text as it is. */
const texts: readonly (readonly [how: string, read: (bytes: Buffer) => Buffer])[] = [
  ['percent', (bytes) => replaced(bytes, /%([0-9a-f]{2})/gi, (hex) => Number.parseInt(hex, 16))],
  ['JSON', (bytes) => replaced(bytes, /\\u00([0-9a-f]{2})/gi, (hex) => Number.parseInt(hex, 16))],
  [
    'JSON',
    (bytes) => replaced(bytes, /\\([nrtbf"\\/])/g, (sign) => escapes[sign] ?? sign.charCodeAt(0)),
  ],
  ['characters as bytes', (bytes) => Buffer.from(bytes.toString('utf8'), 'latin1')],
  ['UTF-16', (bytes) => bytes.filter((byte) => byte !== 0) as Buffer],
  ['spaced', (bytes) => Buffer.from(bytes.toString('latin1').replaceAll(/[\s:,]+/g, ''), 'latin1')],
]
const escapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, f: 12 }

/** Encodings of bytes as characters; where the first character of a byte is, is found by trying. */
const codes: readonly (readonly [
  how: string,
  run: RegExp,
  starts: number,
  decode: (run: string) => Buffer,
])[] = [
  [
    'hexadecimal',
    /[0-9a-f]{16,}/gi,
    2,
    (run) => Buffer.from(run.length % 2 === 0 ? run : run.slice(0, -1), 'hex'),
  ],
  ['base64', /[a-z0-9+/_-]{11,}/gi, 4, (run) => Buffer.from(run, 'base64')],
  ['base32', /[a-z2-7]{13,}/gi, 8, base32],
]

export class MaterialSearch {
  readonly #runs = new Set<string>()

  /**
   * @param materials what must not be found, as bytes; a text that is secret as its bytes.
   * @param open what may be sent, though materials hold it as well: heads of structures.
   */
  constructor(materials: Iterable<Uint8Array>, open: Iterable<Uint8Array>) {
    for (const material of materials)
      for (const run of runsOf(material))
        if (new Set(run).size >= leastDifferent) this.#runs.add(run)
    for (const bytes of open) for (const run of runsOf(bytes)) this.#runs.delete(run)
  }

  /**
   * @returns how the first run that is found was encoded, such as `percent, base64`, or undefined.
   */
  find(bytes: Uint8Array): string | undefined {
    const seen = new Set<string>()
    let views: View[] = [{ how: '', bytes: Buffer.from(bytes) }]
    for (let depth = 0; depth <= deepest; depth++) {
      const next: View[] = []
      for (const view of views) {
        const text = view.bytes.toString('latin1')
        if (seen.has(text)) continue
        seen.add(text)
        if (this.#holds(text)) return view.how === '' ? 'as it is' : view.how
        next.push(...readings(view, text))
      }
      views = next
    }
    return undefined
  }

  #holds(text: string): boolean {
    for (const run of runsOf(Buffer.from(text, 'latin1'))) if (this.#runs.has(run)) return true
    return false
  }
}

function* runsOf(bytes: Uint8Array): Generator<string> {
  const text = Buffer.from(bytes).toString('latin1')
  for (let at = 0; at + runBytes <= text.length; at++) yield text.slice(at, at + runBytes)
}

function* readings({ how, bytes }: View, text: string): Generator<View> {
  const named = (name: string): string => (how === '' ? name : `${how}, ${name}`)
  for (const [name, read] of texts) yield { how: named(name), bytes: read(bytes) }
  for (const [name, pattern, starts, decode] of codes)
    for (const [run] of text.matchAll(pattern))
      for (let start = 0; start < starts; start++)
        yield { how: named(name), bytes: decode(run.slice(start)) }
}

function replaced(bytes: Buffer, pattern: RegExp, byteOf: (found: string) => number): Buffer {
  const text = bytes.toString('latin1')
  return Buffer.from(
    text.replaceAll(pattern, (_, found: string) => String.fromCharCode(byteOf(found))),
    'latin1',
  )
}

/** RFC 4648, section 6, without padding. */
export function toBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')
}

function base32(run: string): Buffer {
  const bits = [...run.toUpperCase()]
    .map((sign) => alphabet.indexOf(sign).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
