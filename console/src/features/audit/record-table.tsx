/** Audit records as a table. */
import { useTranslation } from 'react-i18next'
import type { AuditRecord } from '../../api/admin.ts'
import { Rows } from '../../parts/data/rows.tsx'
import { Table } from '../../parts/data/table.tsx'
import { useCallers } from '../people/names.ts'
import { recordName } from './record-name.ts'
import { type OnFilter, RecordRow, type Values, valuesOf } from './record-row.tsx'

/**
 * Says of a value whether it is the first of its like in the table: Tab stops at those alone, or it
 * would stop hundreds of times.
 */
function firstOnes(
  records: readonly AuditRecord[],
): (record: AuditRecord, field: keyof Values) => boolean {
  const firsts = new Map<string, string>()
  for (const record of records)
    for (const [field, value] of Object.entries(valuesOf(record))) {
      const name = `${field} ${value}`
      if (!firsts.has(name)) firsts.set(name, recordName(record))
    }
  return (record, field) => firsts.get(`${field} ${valuesOf(record)[field]}`) === recordName(record)
}

type Props = {
  readonly records: readonly AuditRecord[]
  readonly label: string
  readonly withKey: boolean
  readonly onFilter: OnFilter
}

/** The records with their head; Tab stops at the first of like values. */
export function RecordTable({ records, label, withKey, onFilter }: Props) {
  const callerOf = useCallers()
  const isFirst = firstOnes(records)
  return (
    <Table label={label} kind="records cards">
      <RecordHead withKey={withKey} />
      <tbody>
        <Rows of={records} name={recordName}>
          {(record) => (
            <RecordRow
              record={record}
              caller={callerOf(record)}
              withKey={withKey}
              isStop={(value) => isFirst(record, value)}
              onFilter={onFilter}
            />
          )}
        </Rows>
      </tbody>
    </Table>
  )
}

function RecordHead({ withKey }: { readonly withKey: boolean }) {
  const { t } = useTranslation()
  return (
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
  )
}
