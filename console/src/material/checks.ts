/**
 * The rows of the step that asks whether material is fit for use: the very checks that the server
 * makes again.
 */

import { type PrivateKey, signsAndVerifies } from '../../../src/custody/material/private-key.ts'
import type { AsymmetricSpec, SecretSpec } from '../../../src/domain/keys/key-specs.ts'
import { materialChecks, materialFault } from '../../../src/domain/material/material-checks.ts'
import { rsaChecks, rsaNumbersFault } from '../../../src/domain/material/rsa-numbers.ts'
import type { CheckName, CheckRow } from './protocol.ts'

/**
 * What ties material to a key, and what the key expects: undefined for a key that never held any.
 */
export type Identity = { readonly found: string; readonly expected: string | undefined }

/** Up to the check that failed they passed; those behind it were not run. */
function rowsUntil(
  names: readonly CheckName[],
  failed: CheckName | undefined,
  values: CheckRow['values'],
): CheckRow[] {
  const at = failed === undefined ? names.length : names.indexOf(failed)
  return names.map((check, i) => ({
    check,
    result: i < at ? 'passed' : i === at ? 'failed' : 'not-run',
    values: i === at ? values : {},
  }))
}

function sameMaterial({ found, expected }: Identity): CheckRow[] {
  if (expected === undefined) return []
  return [
    {
      check: 'same-material',
      result: found === expected ? 'passed' : 'failed',
      values: { found, expected },
    },
  ]
}

/** @param material of the length of the spec. */
export function secretChecks(
  spec: SecretSpec,
  material: Uint8Array,
  identity: Identity,
): readonly CheckRow[] {
  const size: CheckRow = {
    check: 'size',
    result: 'passed',
    values: { spec: spec.name, n: spec.materialBytes },
  }
  // The material that a key is bound to is accepted again, even if it fails a check today.
  if (identity.expected !== undefined) return [size, ...sameMaterial(identity)]
  const fault = materialFault(material)
  return [size, ...rowsUntil(materialChecks, fault?.check, { n: fault?.period ?? 0 })]
}

/**
 * @param key of the spec. That its numbers are on its curve, and its public point its own, was seen
 * when it was read.
 */
export async function privateKeyChecks(
  spec: AsymmetricSpec,
  key: PrivateKey,
  identity: Identity,
): Promise<readonly CheckRow[]> {
  const { rsa, pkcs8, spki } = key
  const rows =
    spec.kind === 'rsa' && rsa !== undefined
      ? rowsUntil(rsaChecks, rsaNumbersFault(rsa, spec.modulusBits)?.check, {
          bits: spec.modulusBits,
        })
      : rowsUntil(spec.kind === 'ml-dsa' ? [] : ['curve', 'point'], undefined, {})
  const isIntact = rows.every(({ result }) => result === 'passed')
  const signs: CheckRow = {
    check: 'signs',
    result: !isIntact
      ? 'not-run'
      : (await signsAndVerifies(spec.name, pkcs8, spki))
        ? 'passed'
        : 'failed',
    values: {},
  }
  return [...rows, signs, ...sameMaterial(identity)]
}
