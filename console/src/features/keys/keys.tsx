/** Find a key: search, filters, sorting, pages; what is done to one or to many. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type KeyPage, searchKeys } from '../../api/admin.ts'
import { useMay } from '../../app/session.ts'
import { Button, ButtonLink } from '../../parts/controls/button.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { Pager } from '../../parts/data/table.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Empty, Loaded } from '../../parts/page/states.tsx'
import { KeyActionDialog, type PlannedAction } from '../key/actions.tsx'
import { specNames } from '../key/kinds.ts'
import { ColumnsMenu } from './added-columns.tsx'
import { BulkBar, type Selection, useSelection } from './bulk.tsx'
import { Filters } from './filters.tsx'
import { KeyCards } from './key-cards.tsx'
import { KeyTable } from './key-table.tsx'
import { rememberOpened, useFocusOnOpened } from './opened-key.ts'
import {
  hasFilter,
  type ListState,
  noFilters,
  pageSize,
  searchOf,
  useListState,
} from './search-state.ts'
import { useExpiryRefresh } from './use-expiry-refresh.ts'

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function KeysPage() {
  const { t } = useTranslation()
  const [state, change] = useListState()
  const [action, setAction] = useState<PlannedAction>()
  const mayManage = useMay('manage')
  const found = useFoundKeys(state)
  const selection = useSelection(found.data?.keys)
  useFocusOnOpened(found.data !== undefined)
  return (
    <Page
      title={t('nav.keys')}
      aside={found.data && <span className="muted">{wholeNumber(found.data.total)}</span>}
      actions={mayManage && <NewKeyLinks />}
    >
      <Filters state={state} change={change} specs={specNames} columnsMenu={<ColumnsMenu />} />
      <Loaded of={found} rows={10}>
        {(page) =>
          page.keys.length === 0 ? (
            <NoKeys
              isFiltered={hasFilter(state)}
              total={page.total}
              onClear={() => change(noFilters)}
            />
          ) : (
            <div className="panel" aria-busy={found.isPlaceholderData}>
              <FoundKeys
                found={page}
                state={state}
                change={change}
                selection={selection}
                onAction={setAction}
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
            selection.clear()
          }}
        />
      )}
    </Page>
  )
}

/** What the address asks for; what was found before stays until that is there. */
function useFoundKeys(state: ListState): UseQueryResult<KeyPage> {
  const found = useQuery({
    queryKey: ['keys', searchOf(state)],
    queryFn: ({ signal }) => searchKeys(searchOf(state), signal),
    placeholderData: keepPreviousData,
  })
  useExpiryRefresh(found.data?.keys, () => void found.refetch())
  return found
}

function NewKeyLinks() {
  const { t } = useTranslation()
  return (
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

type FoundProps = {
  readonly found: KeyPage
  readonly state: ListState
  readonly change: (change: Partial<ListState>) => void
  readonly selection: Selection
  readonly onAction: (action: PlannedAction) => void
}

/** One page of them, as a table or as cards, and what is done to those that were selected. */
function FoundKeys({ found, state, change, selection, onAction }: FoundProps) {
  const { keys, total } = found
  return (
    <>
      <BulkBar selection={selection} onAction={onAction} />
      <KeyTable
        keys={keys}
        total={total}
        firstRow={(state.page - 1) * pageSize + 1}
        sort={state.sort}
        onSort={(sort) => change({ sort })}
        selected={selection.selected}
        onToggle={selection.toggle}
        onAction={onAction}
        onOpen={rememberOpened}
      />
      <KeyCards keys={keys} onAction={onAction} />
      <Pager page={state.page} size={pageSize} total={total} onPage={(page) => change({ page })} />
    </>
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
