/**
 * The backup drill: wrapped material is compared with the material its key belongs to, and wiped.
 * Nothing is imported and no state changes.
 */

import { deleteRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { KmsError } from '../../domain/errors.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { checkMayDrill } from '../../domain/rules.ts'
import type { KeyCommand } from '../command.ts'
import * as wrapped from './wrapped-material.ts'

export const getDrillParameters = wrapped.parametersCommand(
  'get-drill-parameters',
  'drill',
  (_, { row }) => checkMayDrill(row),
)

export type DrillResult = { readonly keyId: string; readonly drilledAt: number }

/** Succeeds if the backup holds the material of the key; its date is then kept with the key. */
export const drillBackup: KeyCommand<wrapped.WrappedInput, DrillResult> = {
  name: 'drill-backup',
  right: 'import',
  key: ({ key }) => key,
  async run(task, key, input) {
    const { row, project } = key
    checkMayDrill(row)
    const token = await wrapped.tokenRow(task, key, input.token, 'drill')
    wrapped.checkForm(key, token, input)
    wrapped.checkTokenTime(token, task.now)
    const notAfter = token.expiresAt
    const incoming = await wrapped.unwrap(task, key, token, input, notAfter)
    if ('refusal' in incoming) return incoming
    using _material = Wiped.of(incoming.material)
    // The wrapping key is used up, whether the backup matches or not.
    const spent = deleteRow('importTokens', token)
    if (wrapped.isOwnMaterial(key, incoming) !== true)
      return { refusal: mismatch(row.id), writes: [spent], erases: true, notAfter }
    const drilled = updateRow(project.keys.rowMac, 'keys', row, {
      drilledAt: task.now,
      drilledBy: task.call.caller.principal,
    })
    return {
      result: { keyId: row.id, drilledAt: task.now },
      writes: [spent, drilled],
      erases: true,
      notAfter,
    }
  },
}

function mismatch(keyId: string): KmsError {
  return new KmsError(
    'drill-mismatch',
    `this backup does not contain the material of key ${keyId}; look for another one now`,
  )
}
