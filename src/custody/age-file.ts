/**
 * age files in either form, and what their header says before they are opened (C2SP, age.md). Runs
 * in Node and in browsers.
 */
import { armor, Decrypter, type Stanza } from 'age-encryption'
import { BackupUnreadable, mostWork } from './age-faults.ts'

/** What opens a file. */
export type AgeLock = 'passphrase' | 'identity'

const magic = 'age-encryption.org/'
const version = 'v1'
const begin = '-----BEGIN AGE ENCRYPTED FILE-----'
const end = '-----END AGE ENCRYPTED FILE-----'
const armorColumns = 64
/** Kinds of stanzas that identities open here; a scrypt stanza must be the only one. */
const opened: ReadonlySet<string | undefined> = new Set(['X25519', 'mlkem768x25519'])
const noncePlusTag = 32

/** Whether a file looks like an age file, intact or not. */
export function looksLikeAge(file: Uint8Array): boolean {
  const text = latin1(file.subarray(0, 4096)).replaceAll('\0', '')
  return (
    text.replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '').startsWith(magic) ||
    text.includes(begin)
  )
}

/**
 * Converts either form to the binary one; the text may have been indented, rewrapped, or given
 * other line breaks.
 * @returns a copy. @throws BackupUnreadable for anything that is not a complete age file.
 */
export function binaryAge(file: Uint8Array): Uint8Array {
  if (file.length === 0) throw new BackupUnreadable('empty')
  const head = latin1(file.subarray(0, 64))
  if (head.replace(/^(?:\xff\xfe|\xfe\xff)/, '').includes('\0') && looksLikeAge(file))
    throw new BackupUnreadable('utf-16')
  if (head.startsWith(magic)) return checkedVersion(Uint8Array.from(file))
  if (magic.startsWith(head) && head.length > 3) throw new BackupUnreadable('cut')
  const text = latin1(file).replaceAll('\\n', '\n')
  const from = text.indexOf(begin)
  if (from < 0) throw new BackupUnreadable('not-age')
  const to = text.indexOf(end, from)
  if (to < 0) throw new BackupUnreadable('cut')
  return checkedVersion(fromArmor(text.slice(from + begin.length, to)))
}

/**
 * What opens a file.
 * @param file the binary form.
 * @throws BackupUnreadable for a damaged header, and for a file that cannot be opened here.
 */
export async function lockOfAge(file: Uint8Array): Promise<AgeLock> {
  const stanzas = await stanzasOf(file)
  const kinds = new Set(stanzas.map(({ args: [kind] }) => kind))
  if (kinds.has('scrypt')) return checkedWork(stanzas)
  if ([...kinds].some((kind) => opened.has(kind))) return 'identity'
  if ([...kinds].some((kind) => kind?.startsWith('ssh-'))) throw new BackupUnreadable('ssh')
  // age and other programs add meaningless stanzas to headers, so that readers learn to ignore
  // unknown ones.
  const types = [...kinds].filter((kind) => !kind?.endsWith('-grease')).join(', ')
  throw types === '' ? new BackupUnreadable('header') : new BackupUnreadable('plugin', { types })
}

/**
 * Whether the file is shorter than the shortest encrypted content.
 * @param headerBytes length of the header.
 */
export function isContentCut(file: Uint8Array, headerBytes: number): boolean {
  return file.length - headerBytes < noncePlusTag
}

/** Length of the header, with its MAC and line break; undefined if its end is missing. */
export function headerBytesOf(file: Uint8Array): number | undefined {
  const found = /\n--- [^\n]*\n/.exec(latin1(file))
  return found === null ? undefined : found.index + found[0].length
}

function checkedVersion(file: Uint8Array): Uint8Array {
  const line = /^([^\n]*)\n/.exec(latin1(file.subarray(0, 128)))?.[1]
  if (line === undefined) throw new BackupUnreadable('cut')
  if (line === `${magic}${version}\r`) throw new BackupUnreadable('line-breaks')
  if (line === magic + version) return file
  const found = line.startsWith(magic) ? line.slice(magic.length) : ''
  throw /^v\d{1,4}$/.test(found)
    ? new BackupUnreadable('version', { version: found })
    : new BackupUnreadable('header')
}

function fromArmor(body: string): Uint8Array {
  const base64 = body.replaceAll(/\s+/g, '')
  const lines = base64.match(new RegExp(`.{1,${armorColumns}}`, 'g')) ?? []
  let file: Uint8Array
  try {
    file = armor.decode([begin, ...lines, end, ''].join('\n'))
  } catch (error) {
    throw new BackupUnreadable('armor', {}, { cause: error })
  }
  if (!latin1(file.subarray(0, magic.length)).startsWith(magic)) throw new BackupUnreadable('armor')
  return file
}

/**
 * The library passes parsed headers to identities: an identity that opens nothing captures them.
 */
async function stanzasOf(file: Uint8Array): Promise<readonly Stanza[]> {
  let seen: readonly Stanza[] | undefined
  const decrypter = new Decrypter()
  decrypter.addIdentity({
    unwrapFileKey: (stanzas) => {
      seen = stanzas
      return null
    },
  })
  try {
    await decrypter.decryptHeader(file)
  } catch (error) {
    if (seen !== undefined) return seen
    throw new BackupUnreadable(
      headerBytesOf(file) === undefined ? 'cut' : 'header',
      {},
      { cause: error },
    )
  }
  return seen ?? []
}

function checkedWork(stanzas: readonly Stanza[]): AgeLock {
  const [only, other] = stanzas
  const [, , work = ''] = only?.args ?? []
  if (other !== undefined || only?.args.length !== 3 || !/^[1-9][0-9]*$/.test(work))
    throw new BackupUnreadable('header')
  if (Number(work) > mostWork)
    throw new BackupUnreadable('work', { factor: work.slice(0, 6), most: mostWork })
  return 'passphrase'
}

/** The text searched for is ASCII, and Latin-1 maps every byte to one character. */
function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes)
}
