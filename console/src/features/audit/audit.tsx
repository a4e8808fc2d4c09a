/** The audit log of the project, and, in the first project, of what belongs to none. */
import { useTranslation } from 'react-i18next'
import { searchAudit } from '../../api/admin.ts'
import { Page } from '../../parts/page/page.tsx'
import { AuditSearch } from './search.tsx'

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function AuditLogPage() {
  const { t } = useTranslation()
  return (
    <Page title={t('nav.audit')}>
      <AuditSearch
        name={['audit']}
        search={searchAudit}
        empty={t('audit.none')}
        withKey
        lead={({ with_strangers: withStrangers }) => (
          <div>
            <p className="lead">{t('audit.lead')}</p>
            <p className="lead">{withStrangers ? t('audit.leadFirst') : t('audit.leadOthers')}</p>
          </div>
        )}
      />
    </Page>
  )
}
