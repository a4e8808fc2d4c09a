/**
 * What a signed-in console holds: the ID of its session and when it was last seen, sealed under the
 * key of its project. The session itself is a row, so that it can be ended; its idle time travels
 * with the token, so that calls do not have to write it to the store.
 */
import { hash } from 'node:crypto'
import { readHeader } from '../crypto/envelope.ts'
import { labels, purposes } from '../crypto/formats/labels.ts'
import { decodeBase64Url } from '../wire/base64.ts'
import type { LoadedProject } from './principals.ts'

export type SessionToken = {
  /** 32 hexadecimal digits. */
  readonly sessionId: string
  /** Milliseconds since 1970. */
  readonly seenAt: number
}

const plainBytes = 16 + 8
const longestTokenBytes = 384

/** Session ID and time; sealed, in base64url, which needs no quoting in a cookie. */
export function sealSessionToken(
  project: LoadedProject,
  { sessionId, seenAt }: SessionToken,
  fresh: (sizeBytes: number) => Uint8Array,
): string {
  const plain = Buffer.alloc(plainBytes)
  plain.set(Uint8Array.fromHex(sessionId), 0)
  plain.writeBigUInt64BE(BigInt(seenAt), 16)
  const sealed = project.keys.sealer.seal(
    purposes.sessionToken,
    { project: project.row.id },
    plain,
    fresh,
  )
  return Buffer.from(sealed).toString('base64url')
}

/** The project that a token claims to be for, unverified; undefined if the text is not a token. */
export function projectOfSession(text: string): string | undefined {
  const header = readHeader(bytesOf(text))
  return header?.purpose === purposes.sessionToken ? header.keyId.toHex() : undefined
}

/** @returns undefined for anything that was not issued here for this project. */
export function openSessionToken(project: LoadedProject, text: string): SessionToken | undefined {
  const opened = project.keys.sealer.open(
    purposes.sessionToken,
    { project: project.row.id },
    bytesOf(text),
  )
  if (opened === undefined || opened.sizeBytes !== plainBytes) return undefined
  return opened.use((bytes) => {
    const plain = Buffer.from(bytes)
    return { sessionId: plain.toString('hex', 0, 16), seenAt: Number(plain.readBigUInt64BE(16)) }
  })
}

/**
 * Sent by our pages along with the cookie on every call that changes something: a page of another
 * origin can make the browser send the cookie but cannot read this token.
 */
export function csrfTokenOf(sessionId: string): string {
  return hash(
    'sha256',
    Buffer.concat([labels.csrf, Buffer.from([0]), Buffer.from(sessionId)]),
    'hex',
  )
}

function bytesOf(text: string): Uint8Array {
  return decodeBase64Url(text, longestTokenBytes) ?? new Uint8Array()
}
