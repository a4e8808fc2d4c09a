/**
 * Tokens that represent a sign-in for a few hours (X-Auth-Token). Nothing is stored: a token is
 * sealed under its project's key, and it ends early when its user changes or its access key is
 * disabled or deleted.
 */
import { readHeader } from '../crypto/envelope.ts'
import { purposes } from '../crypto/formats/labels.ts'
import { decodeBase64Url } from '../wire/base64.ts'
import type { LoadedProject } from './principals.ts'

export type AuthToken = {
  /** 32 hexadecimal digits. */
  readonly userId: string
  /**
   * Revision of the user's row when the token was made: any later change of the user ends the
   * token.
   */
  readonly userRevision: number
  /** The access key that requested it; null if a password did. */
  readonly accessKeyId: string | null
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
}

const fixedBytes = 16 + 4 + 8 + 8
const longestTokenBytes = 768

/**
 * User ID, revision, issue, expiry, access key; sealed, in base64url, which needs no quoting in a
 * header.
 */
export function sealAuthToken(
  project: LoadedProject,
  token: AuthToken,
  fresh: (sizeBytes: number) => Uint8Array,
): string {
  const plain = Buffer.alloc(fixedBytes + (token.accessKeyId?.length ?? 0))
  plain.set(Uint8Array.fromHex(token.userId), 0)
  plain.writeUInt32BE(token.userRevision, 16)
  plain.writeBigUInt64BE(BigInt(token.issuedAt), 20)
  plain.writeBigUInt64BE(BigInt(token.expiresAt), 28)
  plain.write(token.accessKeyId ?? '', fixedBytes, 'latin1')
  const sealed = project.keys.sealer.seal(
    purposes.authToken,
    { project: project.row.id },
    plain,
    fresh,
  )
  return Buffer.from(sealed).toString('base64url')
}

/** The project that a token claims to be for, unverified; undefined if the text is not a token. */
export function projectOfToken(text: string): string | undefined {
  const header = readHeader(bytesOf(text))
  return header?.purpose === purposes.authToken ? header.keyId.toHex() : undefined
}

/** @returns undefined for anything that was not issued here for this project. */
export function openAuthToken(project: LoadedProject, text: string): AuthToken | undefined {
  const opened = project.keys.sealer.open(
    purposes.authToken,
    { project: project.row.id },
    bytesOf(text),
  )
  if (opened === undefined || opened.sizeBytes < fixedBytes) return undefined
  return opened.use((bytes) => {
    const plain = Buffer.from(bytes)
    return {
      userId: plain.toString('hex', 0, 16),
      userRevision: plain.readUInt32BE(16),
      issuedAt: Number(plain.readBigUInt64BE(20)),
      expiresAt: Number(plain.readBigUInt64BE(28)),
      accessKeyId: plain.length === fixedBytes ? null : plain.toString('latin1', fixedBytes),
    }
  })
}

function bytesOf(text: string): Uint8Array {
  return decodeBase64Url(text, longestTokenBytes) ?? new Uint8Array()
}
