/** Find a key: search, filters, sorting, pages; what is done to one or to many. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type KeyCard, searchKeys } from '../../api/admin.ts'
import { cameBack } from '../../app/history.ts'
import { useMay } from '../../app/session.ts'
import { columns } from '../../app/settings.ts'
import { Button, ButtonLink } from '../../parts/controls/button.tsx'
import { Menu } from '../../parts/controls/menu.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { Pager } from '../../parts/data/table.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Empty, Loaded } from '../../parts/page/states.tsx'
import { KeyActionDialog, type PlannedAction } from '../key/actions.tsx'
import { specNames } from '../key/kinds.ts'
import { BulkBar } from './bulk.tsx'
import { Filters } from './filters.tsx'
import { KeyCards } from './key-cards.tsx'
import { KeyTable, moreColumns } from './key-table.tsx'
import { pageSize, searchOf, useListState } from './search-state.ts'

let opened = ''

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function KeysPage() {
  const { t } = useTranslation()
  const [state, change] = useListState()
  const [selected, setSelected] = useState<ReadonlyMap<string, KeyCard>>(new Map())
  const [action, setAction] = useState<PlannedAction>()
  const mayManage = useMay('manage')
  const found = useQuery({
    queryKey: ['keys', searchOf(state)],
    queryFn: ({ signal }) => searchKeys(searchOf(state), signal),
    placeholderData: keepPreviousData,
  })
  useExpiryRefresh(found.data?.keys, () => void found.refetch())
  const filtered = [state.text, state.tag, state.state, state.spec, state.usage, state.origin].some(
    (value) => value !== '',
  )

  // Back from a key: the focus is where it was.
  const restored = useRef(false)
  useEffect(() => {
    if (restored.current || found.data === undefined) return
    restored.current = true
    if (cameBack() && opened !== '') document.getElementById(`key-${opened}`)?.focus()
  }, [found.data])

  const toggle = (key: KeyCard): void => {
    const next = new Map(selected)
    if (!next.delete(key.id)) next.set(key.id, key)
    setSelected(next)
  }
  return (
    <Page
      title={t('nav.keys')}
      aside={found.data && <span className="muted">{wholeNumber(found.data.total)}</span>}
      actions={
        mayManage && (
          <>
            <ButtonLink href="/keys/import" icon="external">
              {t('actions.importKey')}
            </ButtonLink>
            <ButtonLink href="/keys/new" kind="primary">
              {t('actions.createKey')}
            </ButtonLink>
          </>
        )
      }
    >
      <Filters state={state} change={change} specs={specNames} columnsMenu={<ColumnsMenu />} />
      <Loaded of={found} rows={10}>
        {({ keys, total }) =>
          keys.length === 0 ? (
            <NoKeys
              isFiltered={filtered}
              total={total}
              onClear={() =>
                change({ text: '', tag: '', value: '', state: '', spec: '', usage: '', origin: '' })
              }
            />
          ) : (
            <div className="panel" aria-busy={found.isPlaceholderData}>
              <BulkBar
                selected={selected}
                onAction={setAction}
                onClear={() => setSelected(new Map())}
              />
              <KeyTable
                keys={keys}
                total={total}
                firstRow={(state.page - 1) * pageSize + 1}
                sort={state.sort}
                onSort={(sort) => change({ sort })}
                selected={selected}
                onToggle={toggle}
                onAction={setAction}
                onOpen={(id) => {
                  opened = id
                }}
              />
              <KeyCards keys={keys} onAction={setAction} />
              <Pager
                page={state.page}
                size={pageSize}
                total={total}
                onPage={(page) => change({ page })}
              />
            </div>
          )
        }
      </Loaded>
      {action !== undefined && (
        <KeyActionDialog
          action={action}
          onClose={() => setAction(undefined)}
          onDone={() => {
            setAction(undefined)
            setSelected(new Map())
          }}
        />
      )}
    </Page>
  )
}

function NoKeys({
  isFiltered,
  total,
  onClear,
}: {
  readonly isFiltered: boolean
  readonly total: number
  readonly onClear: () => void
}) {
  const { t } = useTranslation()
  const mayManage = useMay('manage')
  const all = useQuery({
    queryKey: ['keys', 'count'],
    queryFn: () => searchKeys({ limit: 1 }),
    enabled: isFiltered,
  })
  if (isFiltered || total > 0)
    return (
      <Empty action={<Button onClick={onClear}>{t('keys.clearFilters')}</Button>}>
        {t('keys.noMatch')}{' '}
        {all.data && t('keys.exist', { count: all.data.total, n: wholeNumber(all.data.total) })}
      </Empty>
    )
  return (
    <Empty
      action={
        mayManage && (
          <span className="line">
            <ButtonLink href="/keys/new">{t('actions.createKey')}</ButtonLink>
            <ButtonLink href="/keys/import" kind="primary">
              {t('actions.importKey')}
            </ButtonLink>
          </span>
        )
      }
    >
      {t('message.noKeys')}
    </Empty>
  )
}

const columnLabels = {
  drill: 'words.drill',
  tags: 'words.tags',
  version: 'words.version',
  description: 'words.description',
} as const

function ColumnsMenu() {
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

/** Asks again at the very instant at which something of what is shown expires or is deleted. */
export function useExpiryRefresh(keys: readonly KeyCard[] | undefined, refresh: () => void): void {
  const next = Math.min(
    ...(keys ?? [])
      .flatMap(({ expires_at, deletion_at }) => [expires_at, deletion_at])
      .filter((at) => at !== null && at > Date.now())
      .map(Number),
  )
  const refreshNow = useRef(refresh)
  refreshNow.current = refresh
  useEffect(() => {
    const wait = next - Date.now()
    // Longer waits than a timer takes come round with the usual refresh.
    if (!(wait < 2_147_483_647)) return
    const timer = setTimeout(() => refreshNow.current(), Math.max(0, wait) + 50)
    return () => clearTimeout(timer)
  }, [next])
}
