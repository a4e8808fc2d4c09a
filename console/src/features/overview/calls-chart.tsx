/**
 * Calls and errors over time: lines drawn by uPlot, read with the pointer or the arrow keys, and
 * the same numbers as a table.
 */
import type { UseQueryResult } from '@tanstack/react-query'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { CallCounts, Span } from '../../api/admin.ts'
import { onPaint } from '../../app/settings.ts'
import { Button } from '../../parts/controls/button.tsx'
import { download } from '../../parts/data/download.ts'
import { enumeration, shortTime, wholeNumber } from '../../parts/data/format.ts'
import { Items, Rows } from '../../parts/data/rows.tsx'
import { Table } from '../../parts/data/table.tsx'
import { Panel } from '../../parts/page/panel.tsx'
import { Loaded } from '../../parts/page/states.tsx'
import { useOperationName } from '../audit/operation-name.ts'
import { type CallsFigures, callsCsv, callsFigures, countedStep } from './calls-figures.ts'
import { ChartTip, tipLeft } from './chart-tip.tsx'
import { useStepName } from './step-name.ts'

const spans = ['day', 'week', 'month'] as const
const height = 200
/** CSS pixels a mark of time takes: "11月28日" and a gap. */
const tickSpace = 72

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
            <FiguresTable figures={figures} title={title} />
          ) : (
            <Lines figures={figures} title={title} />
          )
        }
      </Loaded>
    </Panel>
  )
}

function FiguresTable({
  figures,
  title,
}: {
  readonly figures: CallsFigures
  readonly title: string
}) {
  const { t } = useTranslation()
  const name = useOperationName()
  const stepName = useStepName()
  const { times, operations, errors } = figures
  // What happened, the latest first; steps in which nothing was called are left out.
  const rows = times
    .map((at, i) => ({
      at,
      step: countedStep(figures, i),
      values: operations.map(({ counts }) => counts[i] ?? 0),
      errors: errors[i] ?? 0,
    }))
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
        <Rows of={rows} name={({ at }) => at}>
          {({ step, values, errors: failed }) => (
            <tr>
              <th scope="row" className="one-line">
                {stepName(step)}
              </th>
              {operations.map((operation, i) => (
                <td key={operation.name} className="number">
                  {wholeNumber(values[i] ?? 0)}
                </td>
              ))}
              <td className="number">{wholeNumber(failed)}</td>
            </tr>
          )}
        </Rows>
      </tbody>
    </Table>
  )
}

/** Patterns in addition to colours, for people who cannot distinguish the colours. */
const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [12, 3, 2, 3], [1, 4]]

type Palette = {
  readonly text: string
  readonly line: string
  readonly partial: string
  readonly error: string
  readonly series: readonly string[]
}

/** The colours in force: a canvas does not know those of the style sheet. */
function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  return {
    text: colour('--muted'),
    line: colour('--line'),
    partial: colour('--sunken'),
    error: colour('--danger'),
    series: seriesColours.map(colour),
  }
}

/** Red is left to errors. */
const seriesColours = ['--chart-1', '--chart-2', '--chart-3', '--chart-5', '--chart-6']

function Lines({ figures, title }: { readonly figures: CallsFigures; readonly title: string }) {
  const { t } = useTranslation()
  const name = useOperationName()
  const stepName = useStepName()
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const hasFocus = useRef(false)
  /** The step that is read, and how far right of the left edge it is drawn, in CSS pixels. */
  const [reading, setReading] = useState<{ readonly index: number; readonly left: number }>()
  const [palette, setPalette] = useState(readPalette)
  const { times, operations, errors } = figures
  const last = times.length - 1

  useEffect(() => onPaint(() => setPalette(readPalette())), [])
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const axis = {
      stroke: palette.text,
      grid: { stroke: palette.line, width: 1 },
      ticks: { show: false },
    }
    const line = { width: 2, points: { show: false } }
    const drawn = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { size: 6 } },
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [
          {
            ...axis,
            size: 32,
            space: tickSpace,
            values: (_, ticks) => ticks.map((tick) => tickText(tick * 1000, figures)),
          },
          {
            ...axis,
            size: 56,
            values: (_, ticks) =>
              ticks.map((tick) => (Number.isInteger(tick) ? wholeNumber(tick) : '')),
          },
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
        hooks: {
          drawClear: [(chart) => shadePartial(chart, figures, palette.partial)],
          setCursor: [
            (chart) => {
              const { idx } = chart.cursor
              if (typeof idx === 'number')
                setReading({ index: idx, left: leftOf(chart, figures, idx) })
              // The pointer has left. What the keyboard has come to is still read.
              else if (!hasFocus.current) setReading(undefined)
            },
          ],
        },
      },
      [
        times.map((time) => time / 1000),
        ...operations.map(({ counts }) => [...counts]),
        [...errors],
      ],
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

  const readAt = (index: number): void => {
    const drawn = plot.current
    if (drawn === undefined) return
    drawn.setCursor({ left: drawn.valToPos((times[index] ?? 0) / 1000, 'x'), top: 0 })
    setReading({ index, left: leftOf(drawn, figures, index) })
  }
  const move = (event: KeyboardEvent): void => {
    const from = reading?.index ?? last
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    readAt(Math.min(last, Math.max(0, to)))
  }
  const focused = (): void => {
    hasFocus.current = true
    if (reading === undefined) readAt(last)
  }
  const left = (): void => {
    hasFocus.current = false
    plot.current?.setCursor({ left: -1, top: -1 })
  }
  /** The time of a step, then what was counted in it. */
  const textOf = (index: number): readonly string[] => [
    stepName(countedStep(figures, index)),
    ...operations.map(({ name: operation, counts }) =>
      t('overview.figure', { name: name(operation), n: wholeNumber(counts[index] ?? 0) }),
    ),
    t('overview.figure', { name: t('words.errors'), n: wholeNumber(errors[index] ?? 0) }),
  ]
  // After a new answer there may be fewer steps than before.
  const index = Math.min(reading?.index ?? last, last)
  const hasPartial = times.some((_, i) => countedStep(figures, i).isPartial)
  return (
    <div className="chart">
      <ul className="legend">
        <Items of={operations} name={({ name: operation }) => operation}>
          {({ name: operation }, i) => (
            <li>
              <LegendLine index={i} />
              {name(operation)}
            </li>
          )}
        </Items>
        <li>
          <svg className="legend-line" viewBox="0 0 24 8" aria-hidden="true">
            <path d="M0 4h24" stroke="var(--danger)" strokeWidth="2" strokeDasharray="4 4" />
          </svg>
          {t('words.errors')}
        </li>
        {hasPartial && (
          <li>
            <span className="legend-partial" aria-hidden="true" />
            {t('overview.partialSteps')}
          </li>
        )}
      </ul>
      <div
        className="chart-plot"
        role="slider"
        tabIndex={0}
        aria-label={`${title}. ${t('overview.chartHint')}`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={index}
        aria-valuetext={enumeration(textOf(index))}
        onKeyDown={move}
        onFocus={focused}
        onBlur={left}
      >
        <div ref={frame} aria-hidden="true" />
        {reading !== undefined && (
          <ChartTip
            lines={textOf(index)}
            left={tipLeft(reading.left, frame.current?.clientWidth ?? 0)}
          />
        )}
      </div>
      <p className="chart-hint small soft">{t('overview.chartHint')}</p>
    </div>
  )
}

/** Where a step is drawn, from the left edge of the chart, in CSS pixels. */
function leftOf(chart: uPlot, { times }: CallsFigures, index: number): number {
  return chart.over.offsetLeft + chart.valToPos((times[index] ?? 0) / 1000, 'x')
}

/**
 * A ground of its own behind the lines that lead to or from a partial step: a fall there is no fall
 * of the calls.
 */
function shadePartial(chart: uPlot, figures: CallsFigures, colour: string): void {
  const { times } = figures
  const { ctx, bbox } = chart
  ctx.save()
  ctx.fillStyle = colour
  for (const [i, near] of [
    [0, 1],
    [times.length - 1, times.length - 2],
  ] as const) {
    if (!countedStep(figures, i).isPartial) continue
    const [a, b] = [i, near].map((one) => chart.valToPos((times[one] ?? 0) / 1000, 'x', true)) as [
      number,
      number,
    ]
    ctx.fillRect(Math.min(a, b), bbox.top, Math.abs(b - a), bbox.height)
  }
  ctx.restore()
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
