/** The filters of the audit page as the address holds them, and the query they make. */
import { useSearchParams } from 'wouter'
import type { AuditSearch } from '../../api/admin.ts'
import { localInstant } from '../../parts/data/local-time.ts'
import { type Meaning, mayStandForCaller, meaningOf } from './terms.ts'
import type { AuditNames } from './use-names.ts'

export const filterFields = ['operation', 'outcome', 'caller', 'key_id', 'from', 'to'] as const
export type FilterField = (typeof filterFields)[number] | 'reads'
export type Text = (field: FilterField) => string

export type Filter = { readonly field: FilterField; readonly text: string }

export function useFilters(withKey: boolean) {
  const [params, setParams] = useSearchParams()
  const text: Text = (field) => (field === 'key_id' && !withKey ? '' : (params.get(field) ?? ''))
  const change = (field: FilterField, value: string): void => {
    setParams(
      (before) => {
        const next = new URLSearchParams(before)
        if (value === '') next.delete(field)
        else next.set(field, value)
        return next
      },
      { replace: true },
    )
  }
  const filters: readonly Filter[] = [...filterFields, 'reads' as const]
    .map((field) => ({ field, text: text(field) }))
    .filter((filter) => filter.text.trim() !== '')
  return { text, change, filters }
}

/** A filter that nothing here is called like, or that cannot be. */
export type Unknown = {
  readonly field: (typeof filterFields)[number] | 'order'
  readonly text: string
}

/** What filters ask for. @property unknown what was not understood, said where nothing is found. */
export type Meant = {
  readonly fields: AuditSearch
  readonly unknown: readonly Unknown[]
  readonly isFiltered: boolean
}

/** Reads of consoles are hidden unless they are asked for, by themselves or by an operation. */
export function meantBy(text: Text, { operations, outcomes, callers }: AuditNames): Meant {
  const meanings = {
    operation: meaningOf(text('operation'), operations),
    outcome: meaningOf(text('outcome'), outcomes),
    caller: meaningOf(text('caller'), callers, mayStandForCaller),
  }
  const named = Object.entries(meanings).filter(
    (entry): entry is [keyof typeof meanings, Meaning] => entry[1] !== undefined,
  )
  const times = (['from', 'to'] as const).filter((field) => text(field) !== '')
  const at = { from: localInstant(text('from')), to: localInstant(text('to')) }
  const key = text('key_id').trim()
  const fields: AuditSearch = {
    ...Object.fromEntries(named.map(([field, { ids }]) => [field, ids.join(',')])),
    ...(key !== '' && { key_id: key }),
    ...Object.fromEntries(
      times.filter((field) => at[field] !== undefined).map((field) => [field, at[field]]),
    ),
    ...(text('reads') !== 'shown' && meanings.operation === undefined && { reads: 'hidden' }),
  }
  const unknown: Unknown[] = [
    ...named
      .filter(([, { isKnown }]) => !isKnown)
      .map(([field]) => ({ field, text: text(field).trim() })),
    ...times
      .filter((field) => at[field] === undefined)
      .map((field) => ({ field, text: text(field) })),
    ...(at.from !== undefined && at.to !== undefined && at.from > at.to
      ? [{ field: 'order' as const, text: '' }]
      : []),
  ]
  return { fields, unknown, isFiltered: named.length > 0 || key !== '' || times.length > 0 }
}
