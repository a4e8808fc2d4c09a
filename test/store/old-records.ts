/**
 * The golden leaves as the first four schema steps stored them, one column per field; and the
 * groups that a later step makes of them.
 */
import { type AuditLeaf, packed } from '../../src/audit/leaf-groups.ts'
import { encodeCanonical } from '../../src/crypto/formats/canonical.ts'
import { decodeCanonical } from '../crypto/decode-canonical.ts'
import { readGolden } from '../golden/golden.ts'

export const stepsWithColumns = 4
/** More than a step converts at once. */
const count = 1500

const golden = readGolden<{ records: { leaf: string; hash: string }[] }>('audit-leaf').records
const fields = golden.map(({ leaf }) => decodeCanonical(Uint8Array.fromHex(leaf)) as unknown[])

export const oldDeployment = String(fields[0]?.[1])

export type OldRecord = {
  readonly treeIndex: number
  readonly columns: readonly unknown[]
  readonly leaf: string
}

const all: readonly OldRecord[] = Array.from({ length: count }, (_, treeIndex) => {
  const { leaf, hash } = golden[treeIndex % golden.length] as { leaf: string; hash: string }
  const [, , ...rest] = fields[treeIndex % golden.length] as unknown[]
  const columns = rest.map((value) => (Array.isArray(value) ? encodeCanonical(value) : value))
  return { treeIndex, leaf, columns: [treeIndex, ...columns, Uint8Array.fromHex(hash)] }
})

/** Some records are missing. */
export const oldRecords = all.filter(({ treeIndex }) => treeIndex < 700 || treeIndex > 702)

/** ID of the head of their log. */
export const oldHead = '9f86d081'
export const insertOldHead = `INSERT INTO ledgers (id, node_sequence, tree_size, tree_root, frontier, time_floor, revision, schema_version, mac)
  SELECT '${oldHead}', 0, 0, mac, mac, 0, 1, 1, mac FROM deployments`

/** A gap ends a group, and so does what a step converts at once: 1000 rows, the 1000th is 1002. */
export const groupsOfOldRecords = [
  [0, 699],
  [703, 1002],
  [1003, count - 1],
].map(([first = 0, last = 0]) => ({
  place: `${oldHead} ${first} ${last - first + 1}`,
  bytes: bytesOf(first, last),
}))

function bytesOf(first: number, last: number): string {
  const leaves = all.slice(first, last + 1).map(({ leaf }) => Uint8Array.fromHex(leaf))
  return packed(oldHead, first, leaves).leaves.toHex()
}

/** Rows of the groups, in the form of `groupsOfOldRecords`. */
export function groupsIn(rows: readonly Record<string, unknown>[]) {
  return rows.map(({ log, first_index, count, leaves }) => ({
    place: `${log} ${first_index} ${count}`,
    bytes: (leaves as Uint8Array).toHex(),
  }))
}

export function placeAndLeaf({ treeIndex, leaf }: AuditLeaf): string {
  return `${treeIndex} ${Uint8Array.from(leaf).toHex()}`
}

export function placeAndLeafOf({ treeIndex, leaf }: OldRecord): string {
  return `${treeIndex} ${leaf}`
}
