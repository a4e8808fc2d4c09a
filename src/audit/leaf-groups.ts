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
/** Far more than any transaction records: an edited store must not be able to fill the memory. */
const longest = 64 * 1024 * 1024

/** @param leaves from `firstIndex` on, in order; at least one. */
export function packed(log: string, firstIndex: number, leaves: readonly Uint8Array[]): LeafGroup {
  const body = Buffer.alloc(leaves.reduce((sum, leaf) => sum + lengthBytes + leaf.length, 0))
  let at = 0
  for (const leaf of leaves) {
    at = body.writeUInt32BE(leaf.length, at)
    body.set(leaf, at)
    at += leaf.length
  }
  const compressed = zstdCompressSync(body, options)
  const [kind, content] = compressed.length < body.length ? [zstd, compressed] : [plain, body]
  const bytes = Buffer.concat([Uint8Array.of(kind), content])
  return { log, firstIndex, count: leaves.length, leaves: bytes }
}

/** The records of a group; none if it is not as it was packed. */
export function unpacked({ firstIndex, count, leaves }: LeafGroup): AuditLeaf[] {
  const body = bodyOf(leaves)
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

function bodyOf(bytes: Uint8Array): Buffer {
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
