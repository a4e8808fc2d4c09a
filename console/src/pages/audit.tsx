/** The audit log of the project. */
import { useTranslation } from 'react-i18next'
import { searchAudit } from '../api/admin.ts'
import { Page } from '../parts/page.tsx'
import { AuditSearch } from './audit-search.tsx'

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function AuditLogPage() {
  const { t } = useTranslation()
  return (
    <Page title={t('nav.audit')}>
      <p className="lead">{t('audit.lead')}</p>
      <AuditSearch name={['audit']} search={searchAudit} empty={t('audit.none')} withKey />
    </Page>
  )
}
