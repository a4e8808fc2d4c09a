/** What needs care first; then calls, keys, the next 90 days. */
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { countCalls, type Overview, overview, type Span } from '../../api/admin.ts'
import { useMay } from '../../app/session.ts'
import { ButtonLink } from '../../parts/controls/button.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { Rows } from '../../parts/data/rows.tsx'
import { Table } from '../../parts/data/table.tsx'
import { RelativeTime, ShortTime } from '../../parts/data/time.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Panel } from '../../parts/page/panel.tsx'
import { Loaded, Loading } from '../../parts/page/states.tsx'
import { Bars } from './bars.tsx'
import { FindingList } from './finding-list.tsx'
import { Timeline } from './timeline.tsx'

const CallsChart = lazy(() => import('./calls-chart.tsx'))

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function OverviewPage() {
  const { t } = useTranslation()
  const found = useQuery({ queryKey: ['overview'], queryFn: overview })
  return (
    <Page title={t('nav.overview')}>
      <Loaded of={found} rows={8}>
        {(data) => {
          const total = data.keys.reduce((sum, { count }) => sum + count, 0)
          return (
            <div className="stack wide">
              {total === 0 && <FirstSteps />}
              <FindingList items={data.findings} checkedAt={found.dataUpdatedAt} />
              <Calls />
              <KeyFigures data={data} />
              <Timeline entries={data.timeline} />
            </div>
          )
        }}
      </Loaded>
    </Page>
  )
}

/** A new service: three ways to begin. */
function FirstSteps() {
  const { t } = useTranslation()
  const may = useMay('manage')
  const mayHaveKeys = useMay('credentials')
  return (
    <section className="first-steps" aria-label={t('overview.first.title')}>
      {may && (
        <>
          <Panel title={t('overview.first.create')} padded>
            <p className="soft">{t('overview.first.createText')}</p>
            <ButtonLink href="/keys/new">{t('actions.createKey')}</ButtonLink>
          </Panel>
          <Panel title={t('overview.first.import')} padded>
            <p className="soft">{t('overview.first.importText')}</p>
            <ButtonLink href="/keys/import" kind="primary">
              {t('actions.importKey')}
            </ButtonLink>
          </Panel>
        </>
      )}
      {mayHaveKeys && (
        <Panel title={t('overview.first.connect')} padded>
          <p className="soft">{t('overview.first.connectText')}</p>
          <ButtonLink href="/people">{t('overview.first.connectAction')}</ButtonLink>
        </Panel>
      )}
    </section>
  )
}

function Calls() {
  const { t } = useTranslation()
  const [span, setSpan] = useState<Span>('day')
  const found = useQuery({ queryKey: ['calls', span], queryFn: () => countCalls(span) })
  return (
    <Suspense fallback={<Loading rows={6} />}>
      <CallsChart span={span} onSpan={setSpan} query={found} title={t(`overview.calls.${span}`)} />
    </Suspense>
  )
}

function KeyFigures({ data }: { readonly data: Overview }) {
  const { t } = useTranslation()
  const sums = (
    of: (entry: Overview['keys'][number]) => string,
  ): { label: string; count: number }[] => {
    const counts = new Map<string, number>()
    for (const entry of data.keys) counts.set(of(entry), (counts.get(of(entry)) ?? 0) + entry.count)
    return [...counts]
      .map(([label, count]) => ({ label, count }))
      .toSorted((a, b) => b.count - a.count)
  }
  return (
    <div className="columns">
      <div className="stack">
        <Bars
          title={t('overview.byState')}
          name={t('words.status')}
          bars={sums(({ state }) => state).map(({ label, count }) => ({
            label: t(`status.${label as 'enabled'}`),
            count,
          }))}
        />
        <Bars title={t('overview.bySpec')} name={t('words.spec')} bars={sums(({ spec }) => spec)} />
      </div>
      <div className="stack">
        <Bars
          title={t('overview.bySource')}
          name={t('words.source')}
          bars={sums(({ origin }) => origin).map(({ label, count }) => ({
            label: t(`origin.${label as 'external'}`),
            count,
          }))}
        />
        <Busiest busiest={data.busiest} />
      </div>
    </div>
  )
}

function Busiest({ busiest }: { readonly busiest: Overview['busiest'] }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('overview.busiest')}>
      {busiest.length === 0 ? (
        <p className="panel-text soft">{t('overview.noCalls')}</p>
      ) : (
        <Table label={t('overview.busiest')} kind="cards">
          <thead>
            <tr>
              <th scope="col">{t('words.key')}</th>
              <th scope="col" className="number">
                {t('overview.callsOfMonth')}
              </th>
              <th scope="col">{t('words.lastUsed')}</th>
            </tr>
          </thead>
          <tbody>
            <Rows of={busiest} name={({ key }) => key.id}>
              {({ key, calls, last_used_at }) => (
                <tr>
                  <th scope="row">
                    <Link href={`/keys/${key.id}`} className="break">
                      {key.alias ?? key.id}
                    </Link>
                  </th>
                  <td className="number" data-label={t('overview.callsOfMonth')}>
                    {wholeNumber(calls)}
                  </td>
                  <td data-label={t('words.lastUsed')}>
                    {last_used_at === null ? '—' : <RelativeTime at={last_used_at} />}
                    {last_used_at !== null && (
                      <span className="muted under">
                        <ShortTime at={last_used_at} />
                      </span>
                    )}
                  </td>
                </tr>
              )}
            </Rows>
          </tbody>
        </Table>
      )}
      <p className="panel-text small">
        <Link href="/keys?sort=used&state=enabled">{t('overview.unusedLink')}</Link>
      </p>
    </Panel>
  )
}
