/** The audit records of one key. */
import { useTranslation } from 'react-i18next'
import { type KeyCard, keyActivity } from '../../../api/admin.ts'
import { shortDay } from '../../../parts/data/format.ts'
import { AuditSearch } from '../../audit/search.tsx'

export function ActivityTab({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  return (
    <AuditSearch
      name={['key', item.id, 'activity']}
      search={(fields) => keyActivity(item.id, fields)}
      empty={t('key.noActivity', { date: shortDay(item.created_at) })}
    />
  )
}
