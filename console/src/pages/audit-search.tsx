/** Audit records, searched by operation, outcome, caller and time, page by page, with what was found as a file. */
import { useInfiniteQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'wouter'
import type { AuditPage, AuditRecord, AuditSearch as Search } from '../api/admin.ts'
import { NoConnection } from '../api/call.ts'
import { download } from '../download.ts'
import { fullTime, localInput, shortTime, wholeNumber } from '../format.ts'
import { Banner } from '../parts/banner.tsx'
import { Button } from '../parts/button.tsx'
import { TextField } from '../parts/field.tsx'
import { Panel } from '../parts/panel.tsx'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { auditCsv, auditJson } from './audit-export.ts'
import { RecordTable } from './audit-records.tsx'

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
}

const filters = ['operation', 'outcome', 'caller', 'key_id'] as const

export function AuditSearch({ name, search, empty, withKey = false }: Props) {
  const { t } = useTranslation()
  const [params, setParams] = useSearchParams()
  const text = (field: string): string => params.get(field) ?? ''
  const instant = (field: string): number | undefined => {
    const at = Date.parse(text(field))
    return Number.isNaN(at) ? undefined : at
  }
  const from = instant('from')
  const to = instant('to')
  const fields: Search = {
    ...Object.fromEntries(filters.map((field) => [field, text(field).trim()])),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
  const isFiltered = [...filters, 'from', 'to'].some((field) => text(field) !== '')
  const found = useInfiniteQuery({
    queryKey: [...name, 'audit', fields],
    queryFn: ({ pageParam }) => search({ ...fields, limit: pageSize, ...(pageParam !== null && { before: pageParam }) }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
    // What was paged back to must not move.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) > 1 ? false : 30_000),
  })
  const change = (field: string, value: string): void => {
    setParams(
      (before) => {
        const next = new URLSearchParams(before)
        if (value === '') next.delete(field)
        else next.set(field, value)
        return next
      },
      { replace: true },
    )
  }
  const records = found.data?.pages.flatMap((page) => page.records) ?? []
  const paused = found.data?.pages.at(-1)?.searched_to ?? null
  return (
    <div className="stack wide">
      <search className="filters">
        <TextField
          label={t('audit.operation')}
          value={text('operation')}
          placeholder="encrypt"
          spellCheck={false}
          onChange={(e) => change('operation', e.target.value)}
        />
        <TextField
          label={t('audit.outcome')}
          value={text('outcome')}
          placeholder="ok, refused"
          spellCheck={false}
          onChange={(e) => change('outcome', e.target.value)}
        />
        <TextField
          label={t('audit.callerId')}
          value={text('caller')}
          spellCheck={false}
          onChange={(e) => change('caller', e.target.value)}
        />
        {withKey && (
          <TextField
            label={t('words.keyId')}
            value={text('key_id')}
            spellCheck={false}
            onChange={(e) => change('key_id', e.target.value)}
          />
        )}
        <TextField
          label={t('audit.from')}
          type="datetime-local"
          value={text('from')}
          max={localInput(Date.now())}
          onChange={(e) => change('from', e.target.value)}
        />
        <TextField
          label={t('audit.to')}
          type="datetime-local"
          value={text('to')}
          onChange={(e) => change('to', e.target.value)}
        />
        <Export search={search} fields={fields} />
      </search>
      {found.error !== null && !(found.error instanceof NoConnection) ? (
        <Failed error={found.error} onRetry={() => void found.refetch()} />
      ) : found.data === undefined ? (
        <Loading rows={10} />
      ) : records.length === 0 && paused === null ? (
        <Empty>{isFiltered ? rangeText(t, from, to) : empty}</Empty>
      ) : (
        <Panel>
          <RecordTable records={records} label={t('audit.records')} withKey={withKey} />
          <div className="pager">
            <span role="status">{t('audit.shown', { n: wholeNumber(records.length), count: records.length })}</span>
            {paused !== null && <span>{t('audit.paused', { time: shortTime(paused) })}</span>}
            {found.hasNextPage && (
              <span className="grow">
                <Button small busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                  {t('audit.older')}
                </Button>
              </span>
            )}
          </div>
        </Panel>
      )}
    </div>
  )
}

function rangeText(t: TFunction, from: number | undefined, to: number | undefined): string {
  if (from === undefined && to === undefined) return t('audit.noMatch')
  return t('audit.noMatchIn', {
    from: from === undefined ? t('audit.beginning') : fullTime(from),
    to: to === undefined ? t('audit.now') : fullTime(to),
  })
}

type ExportProps = { readonly search: Props['search']; readonly fields: Search }

/** All that matches, up to a limit that is told when it is reached. */
function Export({ search, fields }: ExportProps) {
  const { t } = useTranslation()
  const [isBusy, setBusy] = useState(false)
  const [isCut, setCut] = useState(false)
  const [error, setError] = useState<unknown>()
  const save = async (kind: 'json' | 'csv'): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      const records: AuditRecord[] = []
      let before: number | null = null
      do {
        const page: AuditPage = await search({ ...fields, limit: exportPage, ...(before !== null && { before }) })
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
        {error !== undefined && <Failed error={error} />}
      </div>
    </div>
  )
}
