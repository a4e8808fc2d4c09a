/** Audit records as a short list, and what lists and tables of them share. */
import { useTranslation } from 'react-i18next'
import type { AuditRecord } from '../../api/admin.ts'
import { Button } from '../../parts/controls/button.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { Items } from '../../parts/data/rows.tsx'
import { ShortTime } from '../../parts/data/time.tsx'
import { Icon } from '../../parts/page/icon.tsx'
import { useCallers } from '../people/names.ts'
import { useOperationName } from './operation-name.ts'
import { recordName } from './record-name.ts'

export function Outcome({ outcome }: { readonly outcome: string }) {
  const { t, i18n } = useTranslation()
  if (outcome === 'ok')
    return (
      <span className="status ok bare">
        <Icon name="enabled" />
        {t('audit.ok')}
      </span>
    )
  const key = `errors.${outcome}`
  return (
    <span className="status danger" title={i18n.exists(key) ? t(key as 'errors.busy') : outcome}>
      <Icon name="cross" />
      {t('audit.refused')}
    </span>
  )
}

/** How much of what consoles read is left out, and the way to see it. */
export function Hidden({ count, onShow }: { readonly count: number; readonly onShow: () => void }) {
  const { t } = useTranslation()
  return (
    <p className="hidden-reads" role="status">
      {t('audit.hidden', { n: wholeNumber(count), count })}{' '}
      <Button kind="quiet" small onClick={onShow}>
        {t('audit.show')}
      </Button>
    </p>
  )
}

export function RecordList({ records }: { readonly records: readonly AuditRecord[] }) {
  const { t } = useTranslation()
  const operation = useOperationName()
  const name = useCallers()
  if (records.length === 0) return <p className="panel-text soft">{t('audit.none')}</p>
  return (
    <ul className="record-list">
      <Items of={records} name={recordName}>
        {(record) => (
          <li>
            <ShortTime at={record.time} />
            <span>{operation(record.operation)}</span>
            <span className="muted break">
              {name(record)} · {record.source}
            </span>
            <Outcome outcome={record.outcome} />
          </li>
        )}
      </Items>
    </ul>
  )
}
