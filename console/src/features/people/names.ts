/**
 * Names of users by their IDs. Who may not see the people of a project sees their own name and IDs.
 */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { serviceDialect } from '../../../../src/domain/operations.ts'
import { listPeople, type Person } from '../../api/admin.ts'
import { useMay, useSession } from '../../app/session.ts'
import { shortId } from '../../parts/data/format.ts'

export const peopleQuery = { queryKey: ['people'], queryFn: listPeople } as const

/** The people of the project, as far as this person may see them: nobody while that is unknown. */
export function usePeople(): readonly Person[] {
  const enabled = useMay('people')
  const found = useQuery({ ...peopleQuery, enabled, staleTime: 60_000 })
  return found.data?.people ?? []
}

/** Names by IDs; the person's own is always among them. */
export function useNamesById(): ReadonlyMap<string, string> {
  const { user } = useSession()
  const names = new Map(usePeople().map(({ id, name }) => [id, name]))
  return names.set(user.id, user.name)
}

export function useNames(): (id: string | null) => string {
  const names = useNamesById()
  return (id) => (id === null ? 'Holdfast' : (names.get(id) ?? shortId(id)))
}

/** Who made the call of a record: a person, Holdfast itself, or nobody known. */
export function useCallers(): (record: {
  readonly caller: string | null
  readonly dialect: string
}) => string {
  const { t } = useTranslation()
  const name = useNames()
  return ({ caller, dialect }) =>
    caller === null && dialect !== serviceDialect ? t('audit.unknownCaller') : name(caller)
}
