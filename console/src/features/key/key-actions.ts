/**
 * What can be done with a key now, and which right it takes: the one place where pages, tabs, menus
 * and bulk actions ask. The rules are the domain's and the server has the last word; this says
 * which controls make sense.
 */
import type { ParseKeys } from 'i18next'
import type { Right } from '../../../../src/domain/access/roles.ts'
import { mayImportOrRenew } from '../../../../src/domain/rules.ts'
import type { Key } from '../../api/admin.ts'
import { hasHeld } from '../../parts/data/was-held.ts'

/** The right that each action takes. */
export const rights = {
  import: 'import',
  drill: 'import',
  try: 'use',
  edit: 'manage',
  change: 'manage',
  enable: 'manage',
  disable: 'manage',
  rotate: 'manage',
  successor: 'manage',
  'delete-material': 'delete',
  'schedule-deletion': 'delete',
  'cancel-deletion': 'manage',
} as const satisfies Record<string, Right>

/** `change` is a change of what belongs to a key: its aliases, tags and grants. */
export type KeyAction = keyof typeof rights

/**
 * Offered; not offered, because it makes no sense for this key; or shown with the reason against
 * it.
 */
export type Offer = 'offered' | 'absent' | { readonly reason: ParseKeys }

export type ActionFacts = Pick<
  Key,
  'origin' | 'state' | 'permanent' | 'check_value' | 'fingerprint' | 'material_version'
>

const offeredIf = (fits: boolean): Offer => (fits ? 'offered' : 'absent')

/** @returns for each action whether it is offered, regardless of the caller's rights. */
export function keyActions(key: ActionFacts): Readonly<Record<KeyAction, Offer>> {
  const { origin, state, permanent } = key
  const isEnding = state === 'pending-deletion'
  const isBound = origin === 'external' && hasHeld(key)
  const unlessEnding: Offer = isEnding ? { reason: 'danger.endingAlready' } : 'offered'
  return {
    import: offeredIf(mayImportOrRenew(origin, state, permanent)),
    drill: offeredIf(isBound && !isEnding),
    try: 'offered',
    edit: offeredIf(!isEnding),
    change: unlessEnding,
    enable: offeredIf(state === 'disabled'),
    disable: offeredIf(state === 'enabled'),
    rotate: state === 'enabled' ? 'offered' : { reason: 'rotation.onlyEnabled' },
    successor: offeredIf(isBound && !isEnding),
    'delete-material': deletionOfMaterial(key),
    'schedule-deletion': offeredIf(!isEnding),
    'cancel-deletion': offeredIf(isEnding),
  }
}

function deletionOfMaterial({ origin, state, permanent, material_version }: ActionFacts): Offer {
  if (origin === 'made-here' || permanent) return 'absent'
  if (state === 'pending-deletion') return { reason: 'danger.endingAlready' }
  return material_version === null ? { reason: 'danger.noMaterial' } : 'offered'
}
