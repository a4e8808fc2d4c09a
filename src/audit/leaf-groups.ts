/**
 * Consecutive records of a log as a store keeps them: the leaves of one transaction, each after its
 * length, compressed with Zstandard (RFC 8878) where that makes them smaller. The layout never
 * changes: docs/ciphertext-format.md.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { LeafGroup, StoreReader } from '../ports/store.ts'

/** A record: the exact bytes that are hashed into its leaf of the tree. */
export type AuditLeaf = { readonly treeIndex: number; readonly leaf: Uint8Array }

const plain = 0
const zstd = 1
const lengthBytes = 4
/** The fastest level: a higher one gains two percent and takes twice as long. */
const options = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** What is smaller is kept as it is: beginning to compress takes longer than writing it. */
const worthCompressing = 1024
/** Far more than any transaction records: an edited store must not be able to fill the memory. */
const longest = 64 * 1024 * 1024

/** @param leaves from `firstIndex` on, in order; at least one. */
export function packed(log: string, firstIndex: number, leaves: readonly Uint8Array[]): LeafGroup {
  return packedBody(log, firstIndex, leaves.length, bodyOf(leaves))
}

/** Leaves in order, each after its length. */
export function bodyOf(leaves: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.alloc(leaves.reduce((sum, leaf) => sum + lengthBytes + leaf.length, 0))
  let at = 0
  for (const leaf of leaves) {
    at = body.writeUInt32BE(leaf.length, at)
    body.set(leaf, at)
    at += leaf.length
  }
  return body
}

/** @param body of `count` leaves; not changed. */
export function packedBody(
  log: string,
  firstIndex: number,
  count: number,
  body: Uint8Array,
): LeafGroup {
  const [kind, content] = contentOf(body)
  return { log, firstIndex, count, leaves: Buffer.concat([Uint8Array.of(kind), content]) }
}

function contentOf(body: Uint8Array): readonly [kind: number, content: Uint8Array] {
  if (body.length < worthCompressing) return [plain, body]
  const compressed = zstdCompressSync(body, options)
  return compressed.length < body.length ? [zstd, compressed] : [plain, body]
}

/**
 * One group of all leaves of some bodies, not compressed: for what is soon read again. Its bytes
 * are a buffer of their own.
 */
export function packedAsIs(
  log: string,
  firstIndex: number,
  count: number,
  bodies: readonly Uint8Array[],
): LeafGroup & { readonly leaves: Uint8Array<ArrayBuffer> } {
  const leaves = new Uint8Array(1 + bodies.reduce((sum, body) => sum + body.length, 0))
  leaves[0] = plain
  let at = 1
  for (const body of bodies) {
    leaves.set(body, at)
    at += body.length
  }
  return { log, firstIndex, count, leaves }
}

/** The records of a group; none if it is not as it was packed. */
export function unpacked({ firstIndex, count, leaves }: LeafGroup): AuditLeaf[] {
  const body = unpackedBody(leaves)
  const found: AuditLeaf[] = []
  let at = 0
  while (at + lengthBytes <= body.length) {
    const end = at + lengthBytes + body.readUInt32BE(at)
    if (end > body.length) return []
    found.push({
      treeIndex: firstIndex + found.length,
      leaf: body.subarray(at + lengthBytes, end),
    })
    at = end
  }
  return at === body.length && found.length === count ? found : []
}

/**
 * At most `limit` records of a log from a place on, in order. A gap is skipped, and so are groups
 * that are damaged: what comes after them is still to be read.
 */
export async function readLeaves(
  reader: Pick<StoreReader, 'leafGroups'>,
  log: string,
  from: number,
  limit: number,
): Promise<AuditLeaf[]> {
  for (let at = from; ; ) {
    const groups = await reader.leafGroups(log, at, at + limit)
    const last = groups.at(-1)
    if (last === undefined) return []
    const found = leavesFrom(groups, from)
    if (found.length > 0) return found.slice(0, limit)
    at = last.firstIndex + Math.max(last.count, 1)
  }
}

/** A place that two groups claim to hold is read from the first one alone. */
function leavesFrom(groups: readonly LeafGroup[], from: number): AuditLeaf[] {
  const found: AuditLeaf[] = []
  let next = from
  for (const leaf of groups.flatMap(unpacked)) {
    if (leaf.treeIndex < next) continue
    found.push(leaf)
    next = leaf.treeIndex + 1
  }
  return found
}

function unpackedBody(bytes: Uint8Array): Buffer {
  const [kind] = bytes
  if (kind !== plain && kind !== zstd) return Buffer.alloc(0)
  const content = Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.length - 1)
  if (kind === plain) return content
  try {
    return zstdDecompressSync(content, { maxOutputLength: longest })
  } catch {
    return Buffer.alloc(0)
  }
}
