/**
 * What the console offers for a key, against the rules of the domain: what is offered is allowed,
 * and what is refused with a reason, or not offered, is not allowed or makes no sense.
 */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type ActionFacts,
  type KeyAction,
  keyActions,
} from '../../../console/src/features/key/key-actions.ts'
import { type KeySpecName, keySpecs } from '../../../src/domain/keys/key-specs.ts'
import { keyState } from '../../../src/domain/keys/key-state.ts'
import type { KeyRow } from '../../../src/domain/rows.ts'
import {
  checkMayCancelDeletion,
  checkMayDeleteMaterial,
  checkMayDisable,
  checkMayDrill,
  checkMayEnable,
  checkMayImportOrRenew,
  checkMayScheduleDeletion,
  checkMaySucceed,
  checkNotPendingDeletion,
  isPermanent,
} from '../../../src/domain/rules.ts'
import { emptyKey } from '../../fakes/key-row.ts'

const now = 1_800_000_000_000

const row: KeyRow = { ...emptyKey, schemaVersion: 1, revision: 1, mac: new Uint8Array(32) }

const held = { association: new Uint8Array(32), checkValue: '0011223344556677' }
const contents: readonly (readonly [name: string, fields: Partial<KeyRow>])[] = [
  ['made here', { origin: 'made-here', materialVersion: 1, checkValue: held.checkValue }],
  ['external, empty', {}],
  ['external, with its material', { materialVersion: 1, ...held }],
  ['external, its material expired', { materialVersion: 1, materialExpiresAt: now, ...held }],
  ['external, its material deleted', held],
]
const switches: readonly (readonly [name: string, fields: Partial<KeyRow>])[] = [
  ['enabled', {}],
  ['disabled', { disabled: 1 }],
  ['pending deletion', { deletionAt: now + 1 }],
  ['disabled and pending deletion', { disabled: 1, deletionAt: now + 1 }],
]
const specs = ['AES_256', 'HMAC_256', 'RSA_2048'] as const satisfies readonly KeySpecName[]

/** The facts of a row as the admin API says them. */
function factsOf(key: KeyRow): ActionFacts {
  return {
    origin: key.origin === 'external' ? 'external' : 'made-here',
    state: keyState(key, now),
    permanent: isPermanent(keySpecs[key.spec as KeySpecName]),
    check_value: key.checkValue,
    fingerprint: null,
    material_version: keyState(key, now) === 'pending-import' ? null : key.materialVersion,
  }
}

/** The domain's rule for an action, where there is one for each key by itself. */
const rules: Partial<Record<KeyAction, (key: KeyRow) => void>> = {
  import: (key) => checkMayImportOrRenew(key, keySpecs[key.spec as KeySpecName], now),
  drill: checkMayDrill,
  edit: checkNotPendingDeletion,
  change: checkNotPendingDeletion,
  enable: (key) => checkMayEnable(key, now),
  disable: (key) => checkMayDisable(key, now),
  successor: checkMaySucceed,
  'delete-material': (key) => checkMayDeleteMaterial(key, keySpecs[key.spec as KeySpecName], now),
  'schedule-deletion': checkMayScheduleDeletion,
  'cancel-deletion': checkMayCancelDeletion,
}

/**
 * Allowed, and yet not offered: a drill or a successor of a key that is about to end, or is empty.
 */
const senseless: readonly KeyAction[] = ['drill', 'successor']

function allows(rule: (key: KeyRow) => void, key: KeyRow): boolean {
  try {
    rule(key)
    return true
  } catch {
    return false
  }
}

describe('what the console offers for a key', () => {
  for (const spec of specs)
    for (const [what, ofMaterial] of contents)
      for (const [how, ofState] of switches)
        test(`${spec}, ${what}, ${how}`, () => {
          const key = { ...row, spec, ...ofMaterial, ...ofState }
          const offers = keyActions(factsOf(key))
          for (const [action, rule] of Object.entries(rules)) {
            const isOffered = offers[action as KeyAction] === 'offered'
            if (senseless.includes(action as KeyAction)) {
              if (isOffered) assert.ok(allows(rule, key), action)
            } else assert.equal(isOffered, allows(rule, key), action)
          }
        })
})
