/** One audit record as a row of a table, whose values filter the table when they are clicked. */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { nobody } from '../../../../src/domain/operations.ts'
import type { AuditRecord } from '../../api/admin.ts'
import { shortId, wholeNumber } from '../../parts/data/format.ts'
import { ShortTime } from '../../parts/data/time.tsx'
import type { FilterField } from './filters.ts'
import { useOperationName } from './operation-name.ts'
import { Outcome } from './records.tsx'

/** What a value that is clicked does. */
export type OnFilter = (field: FilterField, value: string) => void

/** What the values of one record are filtered by. */
export const valuesOf = (record: AuditRecord) => ({
  operation: record.operation,
  result: record.outcome === 'ok' ? 'ok' : 'refused',
  outcome: record.outcome,
  caller: record.caller ?? nobody(record.dialect),
  key_id: record.key_id ?? '',
})
/** The values of a record, by the name of what each is. */
export type Values = ReturnType<typeof valuesOf>

type CellProps = {
  readonly record: AuditRecord
  /** Whether Tab stops at one of its values. */
  readonly isStop: (value: keyof Values) => boolean
  readonly onFilter: OnFilter
}

type RowProps = CellProps & {
  /** What its caller is called: names of people are asked for once for the table. */
  readonly caller: string
  readonly withKey: boolean
}

/** A record, from its time to the node that wrote it. */
export function RecordRow({ caller, withKey, ...cell }: RowProps) {
  const { t } = useTranslation()
  const { record, isStop, onFilter } = cell
  return (
    <tr>
      <td data-label={t('words.time')}>
        <ShortTime at={record.time} />
      </td>
      <OperationCell {...cell} />
      <OutcomeCell {...cell} />
      <td data-label={t('words.caller')}>
        <FilterButton
          name={caller}
          isStop={isStop('caller')}
          onClick={() => onFilter('caller', valuesOf(record).caller)}
        />
        <span className="mono muted under">{record.source}</span>
      </td>
      {withKey && <KeyCell {...cell} />}
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
  )
}

function OperationCell({ record, isStop, onFilter }: CellProps) {
  const name = useOperationName()
  return (
    <th scope="row">
      <FilterButton
        name={name(record.operation)}
        isStop={isStop('operation')}
        onClick={() => onFilter('operation', record.operation)}
      />
      {record.count > 1 && <span className="muted"> ×{wholeNumber(record.count)}</span>}
      <span className="mono muted under">{record.operation}</span>
    </th>
  )
}

/** Whether the call was allowed, and the code of a refusal. */
function OutcomeCell({ record, isStop, onFilter }: CellProps) {
  const { t } = useTranslation()
  const { outcome } = record
  return (
    <td data-label={t('audit.outcome')}>
      <FilterButton
        name={outcome === 'ok' ? t('audit.ok') : t('audit.refused')}
        isStop={isStop('result')}
        onClick={() => onFilter('outcome', valuesOf(record).result)}
      >
        <Outcome outcome={outcome} />
      </FilterButton>
      {outcome !== 'ok' && (
        <FilterButton
          kind="mono muted under"
          name={outcome}
          isStop={isStop('outcome')}
          onClick={() => onFilter('outcome', outcome)}
        />
      )}
    </td>
  )
}

function KeyCell({ record: { key_id: id }, isStop, onFilter }: CellProps) {
  const { t } = useTranslation()
  if (id === null) return <td data-label={t('words.key')}>—</td>
  return (
    <td data-label={t('words.key')}>
      <FilterButton
        kind="mono"
        isStop={isStop('key_id')}
        name={shortId(id)}
        onClick={() => onFilter('key_id', id)}
      />
      <Link
        className="open-key small"
        tabIndex={isStop('key_id') ? 0 : -1}
        href={`/keys/${id}`}
        aria-label={t('common.labelled', { label: t('actions.open'), text: shortId(id) })}
      >
        {t('actions.open')}
      </Link>
    </td>
  )
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
