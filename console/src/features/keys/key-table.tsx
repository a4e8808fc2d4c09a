/** The list of keys as a table. */
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { KeyCard } from '../../api/admin.ts'
import { columns } from '../../app/settings.ts'
import { shortId, wholeNumber } from '../../parts/data/format.ts'
import { Rows } from '../../parts/data/rows.tsx'
import { Source, StatusLines } from '../../parts/data/status.tsx'
import { ActionsHeader, SortHeader, Table } from '../../parts/data/table.tsx'
import { RelativeTime, ShortTime } from '../../parts/data/time.tsx'
import { Icon } from '../../parts/page/icon.tsx'
import type { PlannedAction } from '../key/actions.tsx'
import { Expiry } from '../key/expiry.tsx'
import { RowMenu } from './row-menu.tsx'

/** Columns that a person may add. */
export const moreColumns = ['drill', 'tags', 'version', 'description'] as const

type Props = {
  readonly keys: readonly KeyCard[]
  readonly total: number
  readonly firstRow: number
  readonly sort: string
  readonly onSort: (sort: string) => void
  readonly selected: ReadonlyMap<string, KeyCard>
  readonly onToggle: (key: KeyCard) => void
  readonly onAction: (action: PlannedAction) => void
  readonly onOpen: (id: string) => void
}

export function KeyTable({
  keys,
  total,
  firstRow,
  sort,
  onSort,
  selected,
  onToggle,
  onAction,
  onOpen,
}: Props) {
  const { t } = useTranslation()
  const chosen = columns.use()
  const sortable = { sort, onSort }
  return (
    <div className="only-wide">
      <Table label={t('keys.table')} kind="keys" aria-rowcount={total + 1}>
        <thead>
          <tr>
            <th scope="col" className="narrow">
              <span className="sr-only">{t('keys.select')}</span>
            </th>
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
            {chosen.includes('drill') && (
              <SortHeader name="drilled" {...sortable}>
                {t('words.drill')}
              </SortHeader>
            )}
            {chosen.includes('tags') && <th scope="col">{t('words.tags')}</th>}
            {chosen.includes('version') && <th scope="col">{t('words.version')}</th>}
            {chosen.includes('description') && <th scope="col">{t('words.description')}</th>}
            <ActionsHeader className="narrow" />
          </tr>
        </thead>
        <tbody>
          <Rows of={keys} name={(key) => key.id}>
            {(key, index) => (
              <tr
                aria-rowindex={firstRow + index + 1}
                className={selected.has(key.id) ? 'selected' : undefined}
              >
                <td className="narrow">
                  <input
                    type="checkbox"
                    aria-label={t('keys.selectKey', { name: key.alias ?? key.id })}
                    checked={selected.has(key.id)}
                    onChange={() => onToggle(key)}
                  />
                </td>
                <th scope="row" className="name-cell">
                  <Link
                    id={`key-${key.id}`}
                    href={`/keys/${key.id}`}
                    onClick={() => onOpen(key.id)}
                  >
                    {key.alias ?? key.id}
                  </Link>
                  <span className="mono muted" title={key.id}>
                    {shortId(key.id)}
                  </span>
                </th>
                <td>
                  <StatusLines item={key} />
                </td>
                <td>
                  <span className="mono">{key.spec}</span>
                  <span className="under muted">{t(`usage.${key.usage}`)}</span>
                </td>
                <td className="wide-column">
                  <Source origin={key.origin} />
                </td>
                <td>
                  <Expiry item={key} />
                </td>
                <td className="widest-column">
                  {key.next_rotation_at === null ? (
                    <span className="muted">—</span>
                  ) : (
                    <ShortTime at={key.next_rotation_at} />
                  )}
                </td>
                <td>
                  {key.last_used_at === null ? (
                    <span className="muted">{t('keys.never')}</span>
                  ) : (
                    <RelativeTime at={key.last_used_at} />
                  )}
                </td>
                <td className="widest-column">
                  <ShortTime at={key.created_at} />
                </td>
                {chosen.includes('drill') && (
                  <td>
                    <Drill item={key} />
                  </td>
                )}
                {chosen.includes('tags') && (
                  <td>
                    <Tags item={key} />
                  </td>
                )}
                {chosen.includes('version') && (
                  <td className="number">{key.material_version ?? '—'}</td>
                )}
                {chosen.includes('description') && (
                  <td className="description-cell">{key.description}</td>
                )}
                <td className="narrow">
                  <RowMenu item={key} onAction={onAction} />
                </td>
              </tr>
            )}
          </Rows>
        </tbody>
      </Table>
    </div>
  )
}

/** Most tags of a key that its row shows. */
const tagsShown = 3

function Tags({ item: { tags } }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  if (tags.length === 0) return <span className="muted">—</span>
  const left = tags.length - tagsShown
  return (
    <ul className="tag-list">
      {tags.slice(0, tagsShown).map(({ key, value }) => (
        <li key={key} className="tag" title={tagText(key, value)}>
          {tagText(key, value)}
        </li>
      ))}
      {left > 0 && (
        <li className="muted">{t('tags.more', { count: left, n: wholeNumber(left) })}</li>
      )}
    </ul>
  )
}

function tagText(key: string, value: string): string {
  return value === '' ? key : `${key}: ${value}`
}

export function Drill({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  if (item.origin !== 'external') return <span className="muted">—</span>
  if (item.needs_drill)
    return (
      <span className="flag warning-text">
        <Icon name="warning" />
        {item.drilled_at === null ? t('keys.neverDrilled') : <ShortTime at={item.drilled_at} />}
      </span>
    )
  return item.drilled_at === null ? (
    <span className="muted">—</span>
  ) : (
    <ShortTime at={item.drilled_at} />
  )
}
