/**
 * Audit records, searched by operation, outcome, caller and time, page by page, with what was found
 * as a file.
 */
import { useInfiniteQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditPage, AuditRecord, AuditSearch as Search } from '../../api/admin.ts'
import { NoConnection } from '../../api/call.ts'
import { useRefusalText } from '../../api/refusal.ts'
import { Button } from '../../parts/controls/button.tsx'
import { SubmitError } from '../../parts/controls/submit-error.tsx'
import { download } from '../../parts/data/download.ts'
import { fullTime, shortTime, wholeNumber } from '../../parts/data/format.ts'
import { Banner } from '../../parts/page/banner.tsx'
import { Panel } from '../../parts/page/panel.tsx'
import { Empty, Failed, Loading } from '../../parts/page/states.tsx'
import { auditCsv, auditJson } from './export.ts'
import { AuditFields, Chips } from './fields.tsx'
import { type Meant, meantBy, type Unknown, useFilters } from './filters.ts'
import { Hidden, RecordTable } from './records.tsx'
import { useAuditNames } from './use-names.ts'

const pageSize = 50
const exportPage = 500
const exportLimit = 10_000

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

export function AuditSearch({ name, search, empty, withKey = false, lead }: Props) {
  const { t } = useTranslation()
  const names = useAuditNames()
  const { text, change, filters } = useFilters(withKey)
  const meant = names === undefined ? undefined : meantBy(text, names)
  const fields = meant?.fields ?? {}
  const found = useInfiniteQuery({
    queryKey: [...name, 'audit', fields],
    queryFn: ({ pageParam }) =>
      search({ ...fields, limit: pageSize, ...(pageParam !== null && { before: pageParam }) }),
    enabled: meant !== undefined,
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    // What was paged back to must not move.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) > 1 ? false : 30_000),
  })
  const pages = found.data?.pages ?? []
  const records = pages.flatMap((page) => page.records)
  const hidden = pages.reduce((sum, page) => sum + page.hidden, 0)
  const last = pages.at(-1)
  const paused = last?.searched_to ?? null
  return (
    <div className="stack wide">
      {last !== undefined && lead?.(last)}
      <search className="filters">
        <AuditFields withKey={withKey} names={names} text={text} onChange={change} />
        <Export search={search} fields={fields} />
      </search>
      <Chips filters={filters} onRemove={(field) => change(field, '')} />
      {found.error !== null && !(found.error instanceof NoConnection) ? (
        <Failed error={found.error} onRetry={() => void found.refetch()} />
      ) : last === undefined || meant === undefined ? (
        <Loading rows={10} />
      ) : (
        <>
          {hidden > 0 && <Hidden count={hidden} onShow={() => change('reads', 'shown')} />}
          {records.length === 0 && paused === null ? (
            hidden === 0 && <NothingFound meant={meant} page={last} empty={empty} />
          ) : (
            <Panel>
              <RecordTable
                records={records}
                label={t('audit.records')}
                withKey={withKey}
                onFilter={change}
              />
              <div className="pager">
                <span role="status">
                  {t('audit.shown', { n: wholeNumber(records.length), count: records.length })}
                </span>
                {paused !== null && <span>{t('audit.paused', { time: shortTime(paused) })}</span>}
                {found.hasNextPage && (
                  <span className="grow">
                    <Button
                      small
                      busy={found.isFetchingNextPage}
                      onClick={() => void found.fetchNextPage()}
                    >
                      {t('audit.older')}
                    </Button>
                  </span>
                )}
              </div>
            </Panel>
          )}
        </>
      )}
    </div>
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

type ExportProps = { readonly search: Props['search']; readonly fields: Search }

/** All that matches, up to a limit; the page says when it is reached. */
function Export({ search, fields }: ExportProps) {
  const { t } = useTranslation()
  const [isBusy, setBusy] = useState(false)
  const refusalText = useRefusalText()
  const [isCut, setCut] = useState(false)
  const [error, setError] = useState<unknown>()
  const save = async (kind: 'json' | 'csv'): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      const records: AuditRecord[] = []
      let before: number | null = null
      do {
        const page: AuditPage = await search({
          ...fields,
          limit: exportPage,
          ...(before !== null && { before }),
        })
        records.push(...page.records)
        before = page.next
      } while (before !== null && records.length < exportLimit)
      setCut(before !== null)
      if (kind === 'json') download('holdfast-audit.json', 'application/json', auditJson(records))
      else download('holdfast-audit.csv', 'text/csv', auditCsv(records))
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="export">
      <Button icon="download" busy={isBusy} onClick={() => void save('json')}>
        {t('audit.exportAs', { format: 'JSON' })}
      </Button>
      <Button icon="download" busy={isBusy} onClick={() => void save('csv')}>
        {t('audit.exportAs', { format: 'CSV' })}
      </Button>
      <div role="status">
        {isCut && (
          <Banner tone="warning">
            <p>{t('audit.cut', { n: wholeNumber(exportLimit) })}</p>
          </Banner>
        )}
      </div>
      <SubmitError cause={error} text={error === undefined ? undefined : refusalText(error)} />
    </div>
  )
}
