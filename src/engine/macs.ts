/** MACs: made and checked by whoever may use the key. A MAC names neither key nor version: docs/architecture.md. */
import { isMacOf, macOf } from '../crypto/macs.ts'
import type { MacAlgorithmName } from '../domain/algorithms.ts'
import { checkMacs, checkMessage, checkUsable } from '../domain/rules.ts'
import { granted, type KeyCommand, type KeyReference } from './command.ts'
import { type LoadedKey, materialOf } from './loaded-key.ts'

export type GenerateMacInput = {
  readonly key: KeyReference
  readonly message: Uint8Array
  /** Name of a MAC algorithm of the key's spec. */
  readonly algorithm: string
}
export type GenerateMacResult = { readonly keyId: string; readonly algorithm: MacAlgorithmName; readonly mac: Uint8Array }

export const generateMac: KeyCommand<GenerateMacInput, GenerateMacResult> = {
  name: 'generate-mac',
  right: 'use',
  byGrant: granted('generate-mac'),
  key: ({ key }) => key,
  run(task, key, input) {
    const algorithm = checkRequest(key, task.now, input)
    const materialVersion = key.row.materialVersion as number
    const mac = materialOf(key, materialVersion).use((bytes) => macOf(bytes, algorithm, input.message))
    return { result: { keyId: key.row.id, algorithm, mac }, materialVersion }
  },
}

export type VerifyMacInput = GenerateMacInput & { readonly mac: Uint8Array }
export type VerifyMacResult = { readonly keyId: string; readonly algorithm: MacAlgorithmName; readonly valid: boolean }

export const verifyMac: KeyCommand<VerifyMacInput, VerifyMacResult> = {
  name: 'verify-mac',
  right: 'use',
  byGrant: granted('verify-mac'),
  key: ({ key }) => key,
  run(task, key, input) {
    const algorithm = checkRequest(key, task.now, input)
    const materialVersion = key.row.materialVersion as number
    const valid = materialOf(key, materialVersion).use((bytes) => isMacOf(bytes, algorithm, input.message, input.mac))
    return { result: { keyId: key.row.id, algorithm, valid }, materialVersion, ...(!valid && { detail: 'MAC not valid' }) }
  },
}

function checkRequest({ row, spec }: LoadedKey, now: number, { message, algorithm: name }: GenerateMacInput): MacAlgorithmName {
  const algorithm = checkMacs(row, spec, name)
  checkUsable(row, now)
  checkMessage(message)
  return algorithm
}
