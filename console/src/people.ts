/** Names of users by their IDs. Who may not see the people of a project sees their own name and IDs. */
import { useQuery } from '@tanstack/react-query'
import { listPeople } from './api/admin.ts'
import { shortId } from './format.ts'
import { useMay, useSession } from './session.ts'

export function useNames(): (id: string | null) => string {
  const { user } = useSession()
  const may = useMay('people')
  const found = useQuery({ queryKey: ['people'], queryFn: listPeople, enabled: may, staleTime: 60_000 })
  const names = new Map(found.data?.people.map(({ id, name }) => [id, name]))
  names.set(user.id, user.name)
  return (id) => (id === null ? 'Holdfast' : (names.get(id) ?? shortId(id)))
}
