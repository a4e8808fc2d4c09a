/**
 * Calls and errors as uPlot draws them: lines over time on a canvas, in colours of the style sheet
 * and with patterns.
 */
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { shortTime, wholeNumber } from '../../parts/data/format.ts'
import { type CallsFigures, countedStep } from './calls-figures.ts'

/** Of the plot, CSS pixels. */
export const plotHeight = 200
/** CSS pixels a mark of time takes: "11月28日" and a gap. */
const tickSpace = 72

/** Patterns in addition to colours, for people who cannot distinguish the colours. */
export const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [12, 3, 2, 3], [1, 4]]

/** Red is left to errors. */
export const seriesColours = ['--chart-1', '--chart-2', '--chart-3', '--chart-5', '--chart-6']

/** The colours of a plot. */
export type Palette = {
  readonly text: string
  readonly line: string
  readonly partial: string
  readonly error: string
  readonly series: readonly string[]
}

/** The colours in force: a canvas does not know those of the style sheet. */
export function readPalette(): Palette {
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

/** A step that is read, and how far right of the left edge it is drawn, in CSS pixels. */
export type Reading = { readonly index: number; readonly left: number }

/** @param index of the step that is read, 0 for the first. */
export function readingAt(chart: uPlot, { times }: CallsFigures, index: number): Reading {
  return { index, left: chart.over.offsetLeft + chart.valToPos((times[index] ?? 0) / 1000, 'x') }
}

/**
 * Draws the figures into an element, as wide as it is now.
 * @param onPoint what the pointer is at; undefined when it has left.
 */
export function drawCalls(
  element: HTMLElement,
  figures: CallsFigures,
  palette: Palette,
  onPoint: (at: Reading | undefined) => void,
): uPlot {
  const { times, operations, errors } = figures
  const pointed = (chart: uPlot): void => {
    const { idx } = chart.cursor
    onPoint(typeof idx === 'number' ? readingAt(chart, figures, idx) : undefined)
  }
  return new uPlot(
    {
      width: element.clientWidth,
      height: plotHeight,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
      axes: axesOf(figures, palette),
      series: seriesOf(figures, palette),
      hooks: {
        drawClear: [(chart) => shadePartial(chart, figures, palette.partial)],
        setCursor: [pointed],
      },
    },
    [times.map((time) => time / 1000), ...operations.map(({ counts }) => [...counts]), [...errors]],
    element,
  )
}

/** The axes of times and of numbers. */
function axesOf(figures: CallsFigures, { text, line }: Palette): uPlot.Axis[] {
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  return [
    {
      ...axis,
      size: 32,
      space: tickSpace,
      values: (_, ticks) => ticks.map((tick) => tickText(tick * 1000, figures)),
    },
    {
      ...axis,
      size: 56,
      values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? wholeNumber(tick) : '')),
    },
  ]
}

/** A line for each operation, then that of errors; the first series is the times. */
function seriesOf({ operations }: CallsFigures, palette: Palette): uPlot.Series[] {
  const line = { width: 2, points: { show: false } }
  return [
    {},
    ...operations.map((_, i) => ({
      ...line,
      stroke: palette.series[i] ?? palette.text,
      dash: [...(dashes[i] ?? [])],
    })),
    { ...line, stroke: palette.error, dash: [4, 4] },
  ]
}

/**
 * A ground of its own behind the lines that lead to or from a partial step: a fall there is no fall
 * of the calls.
 */
function shadePartial(chart: uPlot, figures: CallsFigures, colour: string): void {
  const { times } = figures
  const { ctx, bbox } = chart
  const placeOf = (index: number): number => chart.valToPos((times[index] ?? 0) / 1000, 'x', true)
  ctx.save()
  ctx.fillStyle = colour
  for (const [i, near] of [
    [0, 1],
    [times.length - 1, times.length - 2],
  ] as const) {
    if (!countedStep(figures, i).isPartial) continue
    const [a, b] = [placeOf(i), placeOf(near)]
    ctx.fillRect(Math.min(a, b), bbox.top, Math.abs(b - a), bbox.height)
  }
  ctx.restore()
}

function tickText(at: number, { width }: CallsFigures): string {
  const [day = '', clock = ''] = shortTime(at).split(/,? (?=\d\d:)/)
  return width < 3_600_000 ? clock : day.replace(/ \d{4}$/, '').replace(/^\d{4}年/, '')
}
