/**
 * Audit records, searched by operation, outcome, caller and time, page by page, with what was found
 * as a file.
 */
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  useInfiniteQuery,
} from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditPage, AuditRecord, AuditSearch as Search } from '../../api/admin.ts'
import { NoConnection } from '../../api/call.ts'
import { Button } from '../../parts/controls/button.tsx'
import { fullTime, shortTime, wholeNumber } from '../../parts/data/format.ts'
import { Panel } from '../../parts/page/panel.tsx'
import { Empty, Failed, Loading } from '../../parts/page/states.tsx'
import { AuditExport } from './audit-export.tsx'
import { AuditFields, Chips } from './fields.tsx'
import { type Meant, meantBy, type Unknown, useFilters } from './filters.ts'
import type { OnFilter } from './record-row.tsx'
import { RecordTable } from './record-table.tsx'
import { Hidden } from './records.tsx'
import { useAuditNames } from './use-names.ts'

const pageSize = 50

type Props = {
  readonly name: readonly string[]
  readonly search: (fields: Search) => Promise<AuditPage>
  /** Said where there is nothing at all. */
  readonly empty: string
  /** Whether records of many keys are shown, and a key can be looked for. */
  readonly withKey?: boolean
  /** Said above the records, once it is known what was looked at. */
  readonly lead?: (page: AuditPage) => ReactNode
}

/** What was found so far, in one list. */
type Found = {
  readonly query: UseInfiniteQueryResult<InfiniteData<AuditPage>>
  readonly records: readonly AuditRecord[]
  /** The number of reads of consoles that were left out. */
  readonly hidden: number
  readonly last: AuditPage | undefined
  /** Where the search stopped before its end, milliseconds since 1970. */
  readonly paused: number | null
}

type FoundProps = Pick<Props, 'name' | 'search'> & { readonly meant: Meant | undefined }

/** Searches, from the latest record back, once it is known what is meant. */
function useFound({ name, search, meant }: FoundProps): Found {
  const fields = meant?.fields ?? {}
  const query = useInfiniteQuery({
    queryKey: [...name, 'audit', fields],
    queryFn: ({ pageParam }) =>
      search({ ...fields, limit: pageSize, ...(pageParam !== null && { before: pageParam }) }),
    enabled: meant !== undefined,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // What was paged back to must not move.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 1) > 1 ? false : 30_000),
  })
  const pages = query.data?.pages ?? []
  const last = pages.at(-1)
  return {
    query,
    records: pages.flatMap((page) => page.records),
    hidden: pages.reduce((sum, page) => sum + page.hidden, 0),
    last,
    paused: last?.searched_to ?? null,
  }
}

/** The filters, and the records that they find. */
export function AuditSearch({ name, search, empty, withKey = false, lead }: Props) {
  const names = useAuditNames()
  const { text, change, filters } = useFilters(withKey)
  const meant = names === undefined ? undefined : meantBy(text, names)
  const found = useFound({ name, search, meant })
  const { query, records, hidden, last, paused } = found
  return (
    <div className="stack wide">
      {last !== undefined && lead?.(last)}
      <search className="filters">
        <AuditFields withKey={withKey} names={names} text={text} onChange={change} />
        <AuditExport search={search} fields={meant?.fields ?? {}} />
      </search>
      <Chips filters={filters} onRemove={(field) => change(field, '')} />
      {query.error !== null && !(query.error instanceof NoConnection) ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : last === undefined || meant === undefined ? (
        <Loading rows={10} />
      ) : (
        <>
          {hidden > 0 && <Hidden count={hidden} onShow={() => change('reads', 'shown')} />}
          {records.length === 0 && paused === null ? (
            hidden === 0 && <NothingFound meant={meant} page={last} empty={empty} />
          ) : (
            <FoundRecords found={found} withKey={withKey} onFilter={change} />
          )}
        </>
      )}
    </div>
  )
}

type RecordsProps = {
  readonly found: Found
  readonly withKey: boolean
  readonly onFilter: OnFilter
}

/** The records, and the button that goes further back. */
function FoundRecords({ found: { query, records, paused }, withKey, onFilter }: RecordsProps) {
  const { t } = useTranslation()
  return (
    <Panel>
      <RecordTable
        records={records}
        label={t('audit.records')}
        withKey={withKey}
        onFilter={onFilter}
      />
      <div className="pager">
        <span role="status">
          {t('audit.shown', { n: wholeNumber(records.length), count: records.length })}
        </span>
        {paused !== null && <span>{t('audit.paused', { time: shortTime(paused) })}</span>}
        {query.hasNextPage && (
          <span className="grow">
            <Button
              small
              busy={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              {t('audit.older')}
            </Button>
          </span>
        )}
      </div>
    </Panel>
  )
}

/** Why there is nothing: what was asked for is not known here, or no record has it. */
function NothingFound({
  meant,
  page,
  empty,
}: {
  readonly meant: Meant
  readonly page: AuditPage
  readonly empty: string
}) {
  const { t } = useTranslation()
  const { from, to } = meant.fields
  const unknown: readonly Unknown[] = [
    ...meant.unknown,
    ...(page.key_known ? [] : [{ field: 'key_id' as const, text: meant.fields.key_id ?? '' }]),
  ]
  if (unknown.length > 0)
    return (
      <Empty>
        {unknown.map(({ field, text }) => (
          <span key={field} className="block">
            {t(`audit.notKnown.${field}`, { text })}
          </span>
        ))}
      </Empty>
    )
  return <Empty>{meant.isFiltered ? rangeText(t, from, to) : empty}</Empty>
}

function rangeText(t: TFunction, from: number | undefined, to: number | undefined): string {
  if (from === undefined && to === undefined) return t('audit.noMatch')
  return t('audit.noMatchIn', {
    from: from === undefined ? t('audit.beginning') : fullTime(from),
    to: to === undefined ? t('audit.now') : fullTime(to),
  })
}
