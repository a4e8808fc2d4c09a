/** The golden leaves as the first four schema steps stored them: one column per field. */
import { encodeCanonical } from '../../src/crypto/formats/canonical.ts'
import { decodeCanonical } from '../crypto/decode-canonical.ts'
import { readGolden } from '../golden/golden.ts'

export const stepsWithColumns = 4
/** More than a step converts at once. */
const count = 1500

const golden = readGolden<{ records: { leaf: string; hash: string }[] }>('audit-leaf').records
const fields = golden.map(({ leaf }) => decodeCanonical(Uint8Array.fromHex(leaf)) as unknown[])

export const oldDeployment = String(fields[0]?.[1])

export type OldRecord = { readonly columns: readonly unknown[]; readonly leaf: string }

export const oldRecords: readonly OldRecord[] = Array.from({ length: count }, (_, treeIndex) => {
  const { leaf, hash } = golden[treeIndex % golden.length] as { leaf: string; hash: string }
  const [, , ...rest] = fields[treeIndex % golden.length] as unknown[]
  const columns = rest.map((value) => (Array.isArray(value) ? encodeCanonical(value) : value))
  return { leaf, columns: [treeIndex, ...columns, Uint8Array.fromHex(hash)] }
})
