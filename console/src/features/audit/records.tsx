/** Audit records: as a short list, and as a table. */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { nobody } from '../../../../src/domain/operations.ts'
import type { AuditRecord } from '../../api/admin.ts'
import { Button } from '../../parts/controls/button.tsx'
import { shortId, wholeNumber } from '../../parts/data/format.ts'
import { Items, Rows } from '../../parts/data/rows.tsx'
import { Table } from '../../parts/data/table.tsx'
import { ShortTime } from '../../parts/data/time.tsx'
import { Icon } from '../../parts/page/icon.tsx'
import { useCallers } from '../people/names.ts'
import type { FilterField } from './filters.ts'
import { useOperationName } from './operation-name.ts'

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
      <Items of={records} name={(record) => record.index}>
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

/** What the values of one record are filtered by. */
const valuesOf = (record: AuditRecord) => ({
  operation: record.operation,
  result: record.outcome === 'ok' ? 'ok' : 'refused',
  outcome: record.outcome,
  caller: record.caller ?? nobody(record.dialect),
  key_id: record.key_id ?? '',
})
type Values = ReturnType<typeof valuesOf>

/**
 * Says of a value whether it is the first of its like in the table: Tab stops at those alone, or it
 * would stop hundreds of times.
 */
function firstOnes(
  records: readonly AuditRecord[],
): (record: AuditRecord, field: keyof Values) => boolean {
  const firsts = new Map<string, number>()
  for (const record of records)
    for (const [field, value] of Object.entries(valuesOf(record))) {
      const name = `${field} ${value}`
      if (!firsts.has(name)) firsts.set(name, record.index)
    }
  return (record, field) => firsts.get(`${field} ${valuesOf(record)[field]}`) === record.index
}

/** A value that the table is filtered by when it is clicked. */
function FilterButton({
  name,
  isStop,
  kind = '',
  onClick,
  children,
}: {
  readonly name: string
  readonly isStop: boolean
  readonly kind?: string
  readonly onClick: () => void
  readonly children?: ReactNode
}) {
  const { t } = useTranslation()
  return (
    <button
      type="button"
      tabIndex={isStop ? 0 : -1}
      className={`filter-value ${kind}`}
      title={t('audit.filterBy', { value: name })}
      onClick={onClick}
    >
      {children ?? name}
    </button>
  )
}

function KeyCell({
  id,
  isStop,
  onFilter,
}: {
  readonly id: string | null
  readonly isStop: boolean
  readonly onFilter: (id: string) => void
}) {
  const { t } = useTranslation()
  if (id === null) return <td data-label={t('words.key')}>—</td>
  return (
    <td data-label={t('words.key')}>
      <FilterButton kind="mono" isStop={isStop} name={shortId(id)} onClick={() => onFilter(id)} />
      <Link
        className="open-key small"
        tabIndex={isStop ? 0 : -1}
        href={`/keys/${id}`}
        aria-label={`${t('actions.open')}: ${shortId(id)}`}
      >
        {t('actions.open')}
      </Link>
    </td>
  )
}

export function RecordTable({
  records,
  label,
  withKey,
  onFilter,
}: {
  readonly records: readonly AuditRecord[]
  readonly label: string
  readonly withKey: boolean
  /** What a value that is clicked does. */
  readonly onFilter: (field: FilterField, value: string) => void
}) {
  const { t } = useTranslation()
  const operation = useOperationName()
  const name = useCallers()
  const isFirst = firstOnes(records)
  return (
    <Table label={label} kind="records cards">
      <thead>
        <tr>
          <th scope="col">{t('words.time')}</th>
          <th scope="col">{t('audit.operation')}</th>
          <th scope="col">{t('audit.outcome')}</th>
          <th scope="col">
            {t('words.caller')} · {t('audit.source')}
          </th>
          {withKey && <th scope="col">{t('words.key')}</th>}
          <th scope="col" className="number">
            {t('system.version')}
          </th>
          <th scope="col" className="number">
            {t('audit.place')}
          </th>
          <th scope="col">
            {t('words.requestId')} · {t('words.node')}
          </th>
        </tr>
      </thead>
      <tbody>
        <Rows of={records} name={(record) => record.index}>
          {(record) => (
            <tr>
              <td data-label={t('words.time')}>
                <ShortTime at={record.time} />
              </td>
              <th scope="row">
                <FilterButton
                  name={operation(record.operation)}
                  isStop={isFirst(record, 'operation')}
                  onClick={() => onFilter('operation', record.operation)}
                />
                {record.count > 1 && <span className="muted"> ×{wholeNumber(record.count)}</span>}
                <span className="mono muted under">{record.operation}</span>
              </th>
              <td data-label={t('audit.outcome')}>
                <FilterButton
                  name={record.outcome === 'ok' ? t('audit.ok') : t('audit.refused')}
                  isStop={isFirst(record, 'result')}
                  onClick={() => onFilter('outcome', valuesOf(record).result)}
                >
                  <Outcome outcome={record.outcome} />
                </FilterButton>
                {record.outcome !== 'ok' && (
                  <FilterButton
                    kind="mono muted under"
                    name={record.outcome}
                    isStop={isFirst(record, 'outcome')}
                    onClick={() => onFilter('outcome', record.outcome)}
                  />
                )}
              </td>
              <td data-label={t('words.caller')}>
                <FilterButton
                  name={name(record)}
                  isStop={isFirst(record, 'caller')}
                  onClick={() => onFilter('caller', valuesOf(record).caller)}
                />
                <span className="mono muted under">{record.source}</span>
              </td>
              {withKey && (
                <KeyCell
                  id={record.key_id}
                  isStop={isFirst(record, 'key_id')}
                  onFilter={(id) => onFilter('key_id', id)}
                />
              )}
              <td className="number" data-label={t('system.version')}>
                {record.material_version ?? '—'}
              </td>
              <td className="number" data-label={t('audit.place')}>
                {wholeNumber(record.index)}
              </td>
              <td className="mono" title={record.request_id} data-label={t('words.requestId')}>
                <span>{shortId(record.request_id)}</span>
                <span className="muted under">{record.node}</span>
              </td>
            </tr>
          )}
        </Rows>
      </tbody>
    </Table>
  )
}
