/** The list of keys as a table. */
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../api/admin.ts'
import { Rows } from '../../parts/data/rows.tsx'
import { ActionsHeader, SortHeader, Table } from '../../parts/data/table.tsx'
import type { PlannedAction } from '../key/actions.tsx'
import { AddedHeaders, type Sortable } from './added-columns.tsx'
import { KeyRow } from './key-row.tsx'

type Props = Sortable & {
  readonly keys: readonly KeyCard[]
  readonly total: number
  readonly firstRow: number
  readonly selected: ReadonlyMap<string, KeyCard>
  readonly onToggle: (key: KeyCard) => void
  readonly onAction: (action: PlannedAction) => void
  readonly onOpen: (id: string) => void
}

export function KeyTable({ keys, total, firstRow, sort, onSort, selected, ...handlers }: Props) {
  const { t } = useTranslation()
  return (
    <div className="only-wide">
      <Table label={t('keys.table')} kind="keys" aria-rowcount={total + 1}>
        <thead>
          <tr>
            <th scope="col" className="narrow">
              <span className="sr-only">{t('keys.select')}</span>
            </th>
            <KeyHeaders sort={sort} onSort={onSort} />
            <AddedHeaders sort={sort} onSort={onSort} />
            <ActionsHeader className="narrow" />
          </tr>
        </thead>
        <tbody>
          <Rows of={keys} name={(key) => key.id}>
            {(key, index) => (
              <KeyRow
                item={key}
                rowIndex={firstRow + index + 1}
                isSelected={selected.has(key.id)}
                {...handlers}
              />
            )}
          </Rows>
        </tbody>
      </Table>
    </div>
  )
}

/** Heads of the columns that are always there; narrower windows leave out some of them. */
function KeyHeaders(sortable: Sortable) {
  const { t } = useTranslation()
  return (
    <>
      <SortHeader name="alias" {...sortable}>
        {t('words.alias')}
      </SortHeader>
      <SortHeader name="state" {...sortable}>
        {t('words.status')}
      </SortHeader>
      <SortHeader name="spec" {...sortable}>
        {t('words.spec')}
      </SortHeader>
      <SortHeader name="origin" className="wide-column" {...sortable}>
        {t('words.source')}
      </SortHeader>
      <SortHeader name="expires" {...sortable}>
        {t('words.expires')}
      </SortHeader>
      <SortHeader name="rotates" className="widest-column" {...sortable}>
        {t('words.rotation')}
      </SortHeader>
      <SortHeader name="used" {...sortable}>
        {t('words.lastUsed')}
      </SortHeader>
      <SortHeader name="created" className="widest-column" {...sortable}>
        {t('words.created')}
      </SortHeader>
    </>
  )
}
