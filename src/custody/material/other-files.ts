/** Files that are mistaken for material, recognised by their first bytes or by their text. */
import { looksLikeIdentity, looksLikeRecipient } from '../age-keys.ts'
import { findShares, sectionsOf } from '../share-text.ts'
import { lookAtPgp } from './pgp.ts'
import { refused, type Unread } from './verdicts.ts'

type Kind = {
  readonly reason: 'archive' | 'image' | 'document'
  readonly found: string
  readonly command?: 'gzip' | 'zip'
}

/** First bytes in hexadecimal. */
const heads: Readonly<Record<string, Kind>> = {
  '504b0304': { reason: 'archive', found: 'zip', command: 'zip' },
  '1f8b08': { reason: 'archive', found: 'gzip', command: 'gzip' },
  '377abcaf271c': { reason: 'archive', found: '7z' },
  fd377a585a00: { reason: 'archive', found: 'xz' },
  '28b52ffd': { reason: 'archive', found: 'zstd' },
  '425a68': { reason: 'archive', found: 'bzip2' },
  '89504e47': { reason: 'image', found: 'PNG' },
  ffd8ff: { reason: 'image', found: 'JPEG' },
  '47494638': { reason: 'image', found: 'GIF' },
  '255044462d': { reason: 'document', found: 'PDF' },
  d0cf11e0a1b11ae1: { reason: 'document', found: 'Office' },
}
/** Where tar writes its name. */
const tar = { at: 257, magic: 'ustar' } as const

/**
 * @param text of the bytes, if they are text.
 * @returns undefined for anything else.
 */
export function lookAtOther(bytes: Uint8Array, text: string | undefined): Unread | undefined {
  const kind = kindOf(bytes)
  if (kind !== undefined) {
    const { reason, found, command } = kind
    return refused(reason, { found, ...(command !== undefined && { command }) })
  }
  return text === undefined ? lookAtPgp(bytes) : lookAtWords(text)
}

function kindOf(bytes: Uint8Array): Kind | undefined {
  const head = bytes.subarray(0, 8).toHex()
  const found = Object.keys(heads).find((start) => head.startsWith(start))
  if (found !== undefined) return heads[found]
  const name = new TextDecoder('latin1').decode(bytes.subarray(tar.at, tar.at + tar.magic.length))
  return name === tar.magic ? { reason: 'archive', found: 'tar' } : undefined
}

function lookAtWords(text: string): Unread | undefined {
  if (/^\s*<(?:!doctype\s+html|html|\?xml)/i.test(text)) return refused('web-page')
  if (looksLikeIdentity(text)) return refused('is-identity')
  if (looksLikeRecipient(text)) return refused('public-key')
  if (sectionsOf(text).some((section) => findShares(section).found.length > 0))
    return refused('is-share')
  return isSettings(text) ? refused('settings') : undefined
}

/**
 * A name before a value, as in .env, YAML and JSON. Two hexadecimal digits before a colon are not a
 * name, nor is base64 before its padding.
 */
function isSettings(text: string): boolean {
  const names = [
    ...text.matchAll(/^\s*(?:export\s+|-\s+)?["']?([A-Za-z_][\w.-]*)["']?\s*[:=]\s*[^\s=]/gm),
  ]
  return names.some(([, name = '']) => !/^[0-9a-f]{1,2}$/i.test(name)) || isJson(text)
}

function isJson(text: string): boolean {
  if (!/^\s*[{["]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
