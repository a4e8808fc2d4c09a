/** The import token as its holder sees it: sealed, so that it cannot be read, altered or forged. */
import type { LoadedProject } from '../../access/principals.ts'
import { purposes } from '../../crypto/formats/labels.ts'
import { idBytes, uuidFromBytes } from '../../domain/ids.ts'
import {
  type WrappingAlgorithmName,
  wrappingAlgorithms,
} from '../../domain/material/wrapping-algorithms.ts'
import type { Task } from '../command.ts'

export type ImportToken = {
  /** 32 hexadecimal digits: the ID of the row that keeps the wrapping key. */
  readonly id: string
  readonly keyId: string
  readonly wrappingAlgorithm: WrappingAlgorithmName
  readonly expiresAt: number
}

const tokenBytes = 16 + 16 + 16 + 1 + 8

/**
 * Token ID, key ID, project ID, algorithm, expiry (milliseconds), sealed under the project's key.
 */
export function sealToken(task: Task, project: LoadedProject, token: ImportToken): Uint8Array {
  const plain = Buffer.alloc(tokenBytes)
  plain.set(idBytes(token.id), 0)
  plain.set(idBytes(token.keyId), 16)
  plain.set(idBytes(project.row.id), 32)
  plain[48] = wrappingAlgorithms[token.wrappingAlgorithm].number
  plain.writeBigUInt64BE(BigInt(token.expiresAt), 49)
  return project.keys.sealer.seal(
    purposes.importToken,
    { project: project.row.id },
    plain,
    task.random.bytes,
  )
}

/** @returns undefined for anything that was not issued here for this project. */
export function openToken(project: LoadedProject, sealed: Uint8Array): ImportToken | undefined {
  const opened = project.keys.sealer.open(purposes.importToken, { project: project.row.id }, sealed)
  if (opened === undefined || opened.sizeBytes !== tokenBytes) return undefined
  return opened.use((bytes) => {
    const algorithm = Object.values(wrappingAlgorithms).find(({ number }) => number === bytes[48])
    if (algorithm === undefined) return undefined
    return {
      id: bytes.subarray(0, 16).toHex(),
      keyId: uuidFromBytes(bytes.subarray(16, 32)),
      wrappingAlgorithm: algorithm.name,
      expiresAt: Number(Buffer.from(bytes).readBigUInt64BE(49)),
    }
  })
}
