/**
 * Binary OpenPGP (RFC 9580, section 4): recognises files by their first packets, as gpg writes them
 * without --armor.
 */
import { refused, type Unread } from './verdicts.ts'

type Packet = { readonly tag: number; readonly version: number | undefined; readonly end: number }

const publicKeySession = 1
const symmetricKeySession = 3
const secretKey = 5
const publicKey = 6
/** Versions of each kind that RFC 4880 and RFC 9580 define. */
const versions: Readonly<Record<number, readonly number[]>> = {
  [publicKeySession]: [3, 6],
  [symmetricKeySession]: [4, 5, 6],
  [secretKey]: [3, 4, 5, 6],
  [publicKey]: [3, 4, 5, 6],
}

/**
 * @returns undefined for bytes that are neither a PGP message nor a PGP key. Random bytes pass for
 * one with probability about 2^-20.
 */
export function lookAtPgp(bytes: Uint8Array): Unread | undefined {
  const first = packetAt(bytes, 0)
  if (first?.version === undefined || versions[first.tag]?.includes(first.version) !== true)
    return undefined
  // No such file consists of a single packet: encrypted data, or the name of a key's owner,
  // follows.
  if (packetAt(bytes, first.end) === undefined) return undefined
  if (first.tag === publicKey) return refused('public-key')
  return first.tag === secretKey
    ? refused('pgp-key')
    : refused('pgp-message', { command: 'pgp-message' })
}

/**
 * Only lengths that such packets have: definite ones, and partial ones for the packets that follow.
 */
function packetAt(bytes: Uint8Array, at: number): Packet | undefined {
  const [head, first, second] = bytes.subarray(at)
  if (head === undefined || first === undefined || (head & 0x80) === 0) return undefined
  const [bodyAt, length] =
    (head & 0x40) !== 0 ? newLength(at, first, second) : oldLength(at, head & 3, first, second)
  const end = bodyAt + length
  if (length === 0 || (end > bytes.length && !isPartial(head, first))) return undefined
  return {
    tag: (head & 0x40) !== 0 ? head & 0x3f : (head >> 2) & 0x0f,
    version: bytes[bodyAt],
    end,
  }
}

function newLength(
  at: number,
  first: number,
  second = 0,
): readonly [bodyAt: number, length: number] {
  if (first < 192) return [at + 2, first]
  return first < 224 ? [at + 3, ((first - 192) << 8) + second + 192] : [at + 2, 2 ** (first & 0x1f)]
}

/** A four-byte length exceeds any packet that comes first. */
function oldLength(
  at: number,
  kind: number,
  first: number,
  second = 0,
): readonly [bodyAt: number, length: number] {
  if (kind === 0) return [at + 2, first]
  return kind === 1 ? [at + 3, (first << 8) | second] : [at, 0]
}

function isPartial(head: number, first: number): boolean {
  return (head & 0x40) !== 0 && first >= 224
}
