/**
 * All that operations, outcomes and callers are called, in both languages: what is typed in one is
 * found in the other.
 */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { theService, unknownCaller } from '../../../../src/domain/operations.ts'
import { allTables } from '../../texts/start.ts'
import { useNamesById } from '../people/names.ts'
import { type Named, namedBy } from './terms.ts'

export type AuditNames = {
  readonly operations: readonly Named[]
  readonly outcomes: readonly Named[]
  readonly callers: readonly Named[]
}

/** Undefined until both languages are there. */
export function useAuditNames(): AuditNames | undefined {
  const people = useNamesById()
  const { t } = useTranslation()
  const found = useQuery({
    queryKey: ['languages'],
    queryFn: allTables,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: false,
  })
  if (found.data === undefined) return undefined
  const tables = found.data
  const said = (id: string, of: (table: (typeof tables)[number]) => string): Named => ({
    id,
    names: tables.map(of),
  })
  return {
    operations: namedBy(tables.map(({ operations }) => operations)).filter(
      ({ id }) => id !== 'other',
    ),
    outcomes: [
      said('ok', ({ audit }) => audit.ok),
      said('refused', ({ audit }) => audit.refused),
      ...namedBy(tables.map(({ errors }) => errors)),
    ],
    callers: [
      said(unknownCaller, ({ audit }) => audit.unknownCaller),
      { id: theService, names: [t('words.holdfast')] },
      { id: 'holdfast', names: [t('words.holdfast')] },
      { id: 'operator', names: [] },
      ...[...people].map(([id, name]) => ({ id, names: [name] })),
    ],
  }
}
