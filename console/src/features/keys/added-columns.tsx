/** Columns that a person may add to the table: their menu, their heads, their cells. */
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../api/admin.ts'
import { columns } from '../../app/settings.ts'
import { Menu } from '../../parts/controls/menu.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { SortHeader } from '../../parts/data/table.tsx'
import { ShortTime } from '../../parts/data/time.tsx'
import { Icon } from '../../parts/page/icon.tsx'

const moreColumns = ['drill', 'tags', 'version', 'description'] as const

const columnLabels = {
  drill: 'words.drill',
  tags: 'words.tags',
  version: 'words.version',
  description: 'words.description',
} as const

export function ColumnsMenu() {
  const { t } = useTranslation()
  const chosen = columns.use()
  return (
    <Menu
      label={t('keys.columns')}
      trigger={
        <button type="button" className="button only-wide">
          {t('keys.columns')}
        </button>
      }
      items={moreColumns.map((name) => ({
        kind: 'check',
        label: t(columnLabels[name]),
        checked: chosen.includes(name),
        onSelect: () =>
          columns.set(
            chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name],
          ),
      }))}
    />
  )
}

/** How the table is sorted, and what sorts it. */
export type Sortable = {
  readonly sort: string
  readonly onSort: (sort: string) => void
}

export function AddedHeaders(sortable: Sortable) {
  const { t } = useTranslation()
  const chosen = columns.use()
  return (
    <>
      {chosen.includes('drill') && (
        <SortHeader name="drilled" {...sortable}>
          {t('words.drill')}
        </SortHeader>
      )}
      {chosen.includes('tags') && <th scope="col">{t('words.tags')}</th>}
      {chosen.includes('version') && <th scope="col">{t('words.version')}</th>}
      {chosen.includes('description') && <th scope="col">{t('words.description')}</th>}
    </>
  )
}

/** The cells of one row, under their heads. */
export function AddedCells({ item }: { readonly item: KeyCard }) {
  const chosen = columns.use()
  return (
    <>
      {chosen.includes('drill') && (
        <td>
          <Drill item={item} />
        </td>
      )}
      {chosen.includes('tags') && (
        <td>
          <Tags item={item} />
        </td>
      )}
      {chosen.includes('version') && <td className="number">{item.material_version ?? '—'}</td>}
      {chosen.includes('description') && <td className="description-cell">{item.description}</td>}
    </>
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
        <li key={key} className="tag" title={tagText(t, key, value)}>
          {tagText(t, key, value)}
        </li>
      ))}
      {left > 0 && (
        <li className="muted">{t('tags.more', { count: left, n: wholeNumber(left) })}</li>
      )}
    </ul>
  )
}

function tagText(t: TFunction, key: string, value: string): string {
  return value === '' ? key : t('common.labelled', { label: key, text: value })
}

function Drill({ item }: { readonly item: KeyCard }) {
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
