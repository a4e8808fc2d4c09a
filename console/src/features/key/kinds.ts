/**
 * What kind of key a spec is, by the domain's own table. A spec that this console does not know
 * counts as none of them.
 */

import { useTranslation } from 'react-i18next'
import { isAsymmetric, type KeySpec, keySpecs } from '../../../../src/domain/keys/key-specs.ts'
import { mayImportOrRenew } from '../../../../src/domain/rules.ts'
import type { Key } from '../../api/admin.ts'

/** All specs, in the order of the domain. */
export const specNames: readonly string[] = Object.keys(keySpecs)

export function specOf(name: string): KeySpec | undefined {
  return Object.hasOwn(keySpecs, name) ? keySpecs[name as keyof typeof keySpecs] : undefined
}

export function isPair(name: string): boolean {
  const spec = specOf(name)
  return spec !== undefined && isAsymmetric(spec)
}

/** Whether its keys make and check MACs. */
export function isHmac(name: string): boolean {
  return specOf(name)?.kind === 'hmac'
}

/** Whether an import can change anything, by the domain's rule. */
export function mayTakeMaterial({ origin, state, permanent }: Key): boolean {
  return mayImportOrRenew(origin, state, permanent)
}

/** Why nothing of a key can be changed now; undefined where it can. */
export function useStandingReason({ state }: Pick<Key, 'state'>): string | undefined {
  const { t } = useTranslation()
  return state === 'pending-deletion' ? t('danger.endingAlready') : undefined
}
