/**
 * Calls and errors over time: lines drawn by uPlot, read with the pointer or the arrow keys, and
 * the same numbers as a table.
 */
import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallCounts, Span } from '../../api/admin.ts'
import { Button } from '../../parts/controls/button.tsx'
import { download } from '../../parts/data/download.ts'
import { Panel } from '../../parts/page/panel.tsx'
import { Loaded } from '../../parts/page/states.tsx'
import { callsCsv, callsFigures } from './calls-figures.ts'
import { CallsLines } from './calls-lines.tsx'
import { CallsTable } from './calls-table.tsx'

const spans = ['day', 'week', 'month'] as const

type Props = {
  readonly span: Span
  readonly onSpan: (span: Span) => void
  readonly query: UseQueryResult<CallCounts>
  readonly title: string
}

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export.
export default function CallsChart({ span, onSpan, query, title }: Props) {
  const { t } = useTranslation()
  const [isTable, setTable] = useState(false)
  const figures = useMemo(
    () => (query.data === undefined ? undefined : callsFigures(query.data, span)),
    [query.data, span],
  )
  return (
    <Panel
      title={title}
      actions={
        <>
          <span className="segments" role="group" aria-label={t('overview.span')}>
            {spans.map((one) => (
              <Button key={one} small aria-pressed={one === span} onClick={() => onSpan(one)}>
                {t(`overview.spans.${one}`)}
              </Button>
            ))}
          </span>
          <Button small aria-pressed={isTable} onClick={() => setTable(!isTable)}>
            {t('common.table')}
          </Button>
          <Button
            small
            icon="download"
            onClick={() => figures && download('holdfast-calls.csv', 'text/csv', callsCsv(figures))}
          >
            CSV
          </Button>
        </>
      }
    >
      <Loaded of={query} rows={5}>
        {() =>
          figures === undefined || figures.total === 0 ? (
            <p className="panel-text soft">{t('overview.noCalls')}</p>
          ) : isTable ? (
            <CallsTable figures={figures} title={title} />
          ) : (
            <CallsLines figures={figures} title={title} />
          )
        }
      </Loaded>
    </Panel>
  )
}
