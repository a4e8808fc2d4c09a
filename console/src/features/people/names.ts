/**
 * Names of users by their IDs. Who may not see the people of a project sees their own name and IDs.
 */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { serviceDialect } from '../../../../src/domain/operations.ts'
import { listPeople } from '../../api/admin.ts'
import { useMay, useSession } from '../../app/session.ts'
import { shortId } from '../../parts/data/format.ts'

/** Names by IDs, as far as this person may see them. */
export function usePeople(): ReadonlyMap<string, string> {
  const { user } = useSession()
  const may = useMay('people')
  const found = useQuery({
    queryKey: ['people'],
    queryFn: listPeople,
    enabled: may,
    staleTime: 60_000,
  })
  const names = new Map(found.data?.people.map(({ id, name }) => [id, name]))
  return names.set(user.id, user.name)
}

export function useNames(): (id: string | null) => string {
  const names = usePeople()
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
