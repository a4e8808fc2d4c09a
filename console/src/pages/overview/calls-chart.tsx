/** Calls and errors over time: lines drawn by uPlot, read out with the arrow keys, and the same numbers as a table. */
import type { UseQueryResult } from '@tanstack/react-query'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { CallCounts, Span } from '../../api/admin.ts'
import { download } from '../../download.ts'
import { fullTime, shortTime, wholeNumber } from '../../format.ts'
import { useOperationName } from '../../operation-name.ts'
import { Button } from '../../parts/button.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Loaded } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { onPaint } from '../../settings.ts'
import { type CallsFigures, callsCsv, callsFigures } from './calls-figures.ts'

const spans = ['day', 'week', 'month'] as const
const height = 200

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
  const figures = useMemo(() => (query.data === undefined ? undefined : callsFigures(query.data, span)), [query.data, span])
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
          <Button small icon="download" onClick={() => figures && download('holdfast-calls.csv', 'text/csv', callsCsv(figures))}>
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
            <FiguresTable figures={figures} title={title} />
          ) : (
            <Lines figures={figures} title={title} />
          )
        }
      </Loaded>
    </Panel>
  )
}

function FiguresTable({ figures, title }: { readonly figures: CallsFigures; readonly title: string }) {
  const { t } = useTranslation()
  const name = useOperationName()
  const { times, operations, errors } = figures
  // What happened, the latest first; steps in which nothing was called are left out.
  const rows = times
    .map((at, i) => ({ at, values: operations.map(({ counts }) => counts[i] ?? 0), errors: errors[i] ?? 0 }))
    .filter(({ values, errors: failed }) => failed > 0 || values.some((value) => value > 0))
    .toReversed()
  return (
    <Table label={title}>
      <thead>
        <tr>
          <th scope="col">{t('words.time')}</th>
          {operations.map((operation) => (
            <th key={operation.name} scope="col" className="number">
              {name(operation.name)}
            </th>
          ))}
          <th scope="col" className="number">
            {t('words.errors')}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ at, values, errors: failed }) => (
          <tr key={at}>
            <th scope="row">{shortTime(at)}</th>
            {operations.map((operation, i) => (
              <td key={operation.name} className="number">
                {wholeNumber(values[i] ?? 0)}
              </td>
            ))}
            <td className="number">{wholeNumber(failed)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

/** Patterns beside the colours: whoever does not tell these apart tells those. */
const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [12, 3, 2, 3], [1, 4]]

type Palette = { readonly text: string; readonly line: string; readonly error: string; readonly series: readonly string[] }

/** The colours in force: a canvas does not know those of the style sheet. */
function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  return { text: colour('--muted'), line: colour('--line'), error: colour('--danger'), series: seriesColours.map(colour) }
}

/** Red is left to errors. */
const seriesColours = ['--chart-1', '--chart-2', '--chart-3', '--chart-5', '--chart-6']

function Lines({ figures, title }: { readonly figures: CallsFigures; readonly title: string }) {
  const { t } = useTranslation()
  const name = useOperationName()
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const [at, setAt] = useState<number>()
  const [palette, setPalette] = useState(readPalette)
  const { times, operations, errors } = figures

  useEffect(() => onPaint(() => setPalette(readPalette())), [])
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const axis = { stroke: palette.text, grid: { stroke: palette.line, width: 1 }, ticks: { show: false } }
    const line = { width: 2, points: { show: false } }
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { size: 6 } },
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [
          { ...axis, size: 32, values: (_, ticks) => ticks.map((tick) => tickText(tick * 1000, figures)) },
          { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? wholeNumber(tick) : '')) },
        ],
        series: [
          {},
          ...operations.map((_, i) => ({
            ...line,
            stroke: palette.series[i] ?? palette.text,
            dash: [...(dashes[i] ?? [])],
          })),
          { ...line, stroke: palette.error, dash: [4, 4] },
        ],
      },
      [times.map((time) => time / 1000), ...operations.map(({ counts }) => [...counts]), [...errors]],
      element,
    )
    plot.current = drawn
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      drawn.destroy()
    }
  }, [figures, palette, times, operations, errors])

  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0) return
    event.preventDefault()
    const next = Math.min(times.length - 1, Math.max(0, (at ?? times.length) + step))
    setAt(next)
    const drawn = plot.current
    if (drawn === undefined) return
    drawn.setCursor({ left: drawn.valToPos((times[next] ?? 0) / 1000, 'x'), top: 0 })
  }
  const reading = (index: number): string =>
    [
      fullTime(times[index] ?? 0),
      ...operations.map(({ name: operation, counts }) => `${name(operation)} ${wholeNumber(counts[index] ?? 0)}`),
      `${t('words.errors')} ${wholeNumber(errors[index] ?? 0)}`,
    ].join(', ')
  return (
    <div className="chart">
      <ul className="legend">
        {operations.map(({ name: operation }, i) => (
          <li key={operation}>
            <LegendLine index={i} />
            {name(operation)}
          </li>
        ))}
        <li>
          <svg className="legend-line" viewBox="0 0 24 8" aria-hidden="true">
            <path d="M0 4h24" stroke="var(--danger)" strokeWidth="2" strokeDasharray="4 4" />
          </svg>
          {t('words.errors')}
        </li>
      </ul>
      <div
        className="chart-plot"
        role="slider"
        tabIndex={0}
        aria-label={`${title}. ${t('overview.chartHint')}`}
        aria-valuemin={0}
        aria-valuemax={times.length - 1}
        aria-valuenow={at ?? times.length - 1}
        aria-valuetext={reading(at ?? times.length - 1)}
        onKeyDown={move}
      >
        <div ref={frame} aria-hidden="true" />
      </div>
      <p className="chart-reading small soft">{at === undefined ? t('overview.chartHint') : reading(at)}</p>
    </div>
  )
}

function LegendLine({ index }: { readonly index: number }) {
  return (
    <svg className="legend-line" viewBox="0 0 24 8" aria-hidden="true">
      <path
        d="M0 4h24"
        stroke={`var(${seriesColours[index]})`}
        strokeWidth="2"
        strokeDasharray={(dashes[index] ?? []).join(' ')}
      />
    </svg>
  )
}

function tickText(at: number, { width }: CallsFigures): string {
  const [day = '', clock = ''] = shortTime(at).split(/,? (?=\d\d:)/)
  return width < 3_600_000 ? clock : day.replace(/ \d{4}$/, '').replace(/^\d{4}年/, '')
}
