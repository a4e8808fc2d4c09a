/**
 * MACs: generated and verified by callers who may use the key. A MAC names neither key nor version:
 * docs/architecture.md.
 */
import { isMacOf, macOf } from '../../crypto/macs.ts'
import type { MacAlgorithmName } from '../../domain/algorithms.ts'
import { checkMacs, checkMessage } from '../../domain/rules.ts'
import { granted, type KeyCommand, type KeyReference } from '../command.ts'
import { checkUsable, type LoadedKey, materialOf, type UsableKey } from '../keys/loaded-key.ts'

export type GenerateMacInput = {
  readonly key: KeyReference
  readonly message: Uint8Array
  /** Name of a MAC algorithm of the key's spec. */
  readonly algorithm: string
}
export type GenerateMacResult = {
  readonly keyId: string
  readonly algorithm: MacAlgorithmName
  readonly mac: Uint8Array
}

export const generateMac: KeyCommand<GenerateMacInput, GenerateMacResult> = {
  name: 'generate-mac',
  right: 'use',
  byGrant: granted('generate-mac'),
  key: ({ key }) => key,
  run(task, found, input) {
    const { key, algorithm } = checked(found, task.now, input)
    const { materialVersion } = key.row
    const mac = materialOf(key, materialVersion).use((bytes) =>
      macOf(bytes, algorithm, input.message),
    )
    return { result: { keyId: key.row.id, algorithm, mac }, materialVersion }
  },
}

export type VerifyMacInput = GenerateMacInput & { readonly mac: Uint8Array }
export type VerifyMacResult = {
  readonly keyId: string
  readonly algorithm: MacAlgorithmName
  readonly valid: boolean
}

export const verifyMac: KeyCommand<VerifyMacInput, VerifyMacResult> = {
  name: 'verify-mac',
  right: 'use',
  byGrant: granted('verify-mac'),
  key: ({ key }) => key,
  run(task, found, input) {
    const { key, algorithm } = checked(found, task.now, input)
    const { materialVersion } = key.row
    const valid = materialOf(key, materialVersion).use((bytes) =>
      isMacOf(bytes, algorithm, input.message, input.mac),
    )
    return {
      result: { keyId: key.row.id, algorithm, valid },
      materialVersion,
      ...(!valid && { detail: 'MAC not valid' }),
    }
  },
}

type Checked = { readonly key: UsableKey; readonly algorithm: MacAlgorithmName }

function checked(
  key: LoadedKey,
  now: number,
  { message, algorithm: name }: GenerateMacInput,
): Checked {
  const algorithm = checkMacs(key.row, key.spec, name)
  checkUsable(key, now)
  checkMessage(message)
  return { key, algorithm }
}
