/** Audit records: as a short list, and as a table. */
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { AuditRecord } from '../api/admin.ts'
import { shortId, wholeNumber } from '../format.ts'
import { useOperationName } from '../operation-name.ts'
import { Icon } from '../parts/icon.tsx'
import { Table } from '../parts/table.tsx'
import { ShortTime } from '../parts/time.tsx'
import { useNames } from '../people.ts'

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

export function RecordList({ records }: { readonly records: readonly AuditRecord[] }) {
  const { t } = useTranslation()
  const operation = useOperationName()
  const name = useNames()
  if (records.length === 0) return <p className="panel-text soft">{t('audit.none')}</p>
  return (
    <ul className="record-list">
      {records.map((record) => (
        <li key={record.index}>
          <ShortTime at={record.time} />
          <span>{operation(record.operation)}</span>
          <span className="muted break">
            {name(record.caller)}, {record.source}
          </span>
          <Outcome outcome={record.outcome} />
        </li>
      ))}
    </ul>
  )
}

export function RecordTable({
  records,
  label,
  withKey,
}: {
  readonly records: readonly AuditRecord[]
  readonly label: string
  readonly withKey: boolean
}) {
  const { t } = useTranslation()
  const operation = useOperationName()
  const name = useNames()
  return (
    <Table label={label} kind="records">
      <thead>
        <tr>
          <th scope="col">{t('words.time')}</th>
          <th scope="col">{t('audit.operation')}</th>
          <th scope="col">{t('audit.outcome')}</th>
          <th scope="col">
            {t('words.caller')}, {t('audit.source')}
          </th>
          {withKey && <th scope="col">{t('words.key')}</th>}
          <th scope="col">{t('words.version')}</th>
          <th scope="col" className="number">
            {t('audit.place')}
          </th>
          <th scope="col">
            {t('words.requestId')}, {t('words.node')}
          </th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <tr key={record.index}>
            <td>
              <ShortTime at={record.time} />
            </td>
            <th scope="row">
              {operation(record.operation)}
              {record.count > 1 && <span className="muted"> ×{wholeNumber(record.count)}</span>}
              <span className="mono muted under">{record.operation}</span>
            </th>
            <td>
              <Outcome outcome={record.outcome} />
              {record.outcome !== 'ok' && <span className="mono muted under">{record.outcome}</span>}
            </td>
            <td>
              {name(record.caller)}
              <span className="mono muted under">{record.source}</span>
            </td>
            {withKey && (
              <td className="mono">
                {record.key_id === null ? '—' : <Link href={`/keys/${record.key_id}`}>{shortId(record.key_id)}</Link>}
              </td>
            )}
            <td className="number">{record.material_version ?? '—'}</td>
            <td className="number">{wholeNumber(record.index)}</td>
            <td className="mono" title={record.request_id}>
              {shortId(record.request_id)}
              <span className="muted under">{record.node}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
