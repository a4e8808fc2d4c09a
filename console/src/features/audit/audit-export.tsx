/** What was searched for, as a file. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditPage, AuditRecord, AuditSearch } from '../../api/admin.ts'
import { useRefusalText } from '../../api/refusal.ts'
import { Button } from '../../parts/controls/button.tsx'
import { SubmitError } from '../../parts/controls/submit-error.tsx'
import { download } from '../../parts/data/download.ts'
import { wholeNumber } from '../../parts/data/format.ts'
import { Banner } from '../../parts/page/banner.tsx'
import { auditCsv, auditJson } from './export.ts'

const exportPage = 500
const exportLimit = 10_000

type Props = {
  readonly search: (fields: AuditSearch) => Promise<AuditPage>
  readonly fields: AuditSearch
}

/** All that matches, up to a limit; the page says when it is reached. */
export function AuditExport({ search, fields }: Props) {
  const { t } = useTranslation()
  const [isBusy, setBusy] = useState(false)
  const refusalText = useRefusalText()
  const [isCut, setCut] = useState(false)
  const [error, setError] = useState<unknown>()
  const save = async (kind: 'json' | 'csv'): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      const records: AuditRecord[] = []
      let before: string | null = null
      do {
        const page: AuditPage = await search({
          ...fields,
          limit: exportPage,
          ...(before !== null && { before }),
        })
        records.push(...page.records)
        before = page.next
      } while (before !== null && records.length < exportLimit)
      setCut(before !== null)
      if (kind === 'json') download('holdfast-audit.json', 'application/json', auditJson(records))
      else download('holdfast-audit.csv', 'text/csv', auditCsv(records))
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="export">
      <Button icon="download" busy={isBusy} onClick={() => void save('json')}>
        {t('audit.exportAs', { format: 'JSON' })}
      </Button>
      <Button icon="download" busy={isBusy} onClick={() => void save('csv')}>
        {t('audit.exportAs', { format: 'CSV' })}
      </Button>
      <div role="status">
        {isCut && (
          <Banner tone="warning">
            <p>{t('audit.cut', { n: wholeNumber(exportLimit) })}</p>
          </Banner>
        )}
      </div>
      <SubmitError cause={error} text={error === undefined ? undefined : refusalText(error)} />
    </div>
  )
}
