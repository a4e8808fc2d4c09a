/**
 * The figures as lines, read like a slider: what the pointer or the arrow keys have come to is said
 * next to it.
 */
import { useTranslation } from 'react-i18next'
import { enumeration, wholeNumber } from '../../parts/data/format.ts'
import { Items } from '../../parts/data/rows.tsx'
import { useOperationName } from '../audit/operation-name.ts'
import { type CallsFigures, countedStep } from './calls-figures.ts'
import { dashes, seriesColours } from './calls-plot.ts'
import { ChartTip, tipLeft } from './chart-tip.tsx'
import { useStepName } from './step-name.ts'
import { usePlot } from './use-plot.ts'

type Props = { readonly figures: CallsFigures; readonly title: string }

/** The plot with its legend. */
export function CallsLines({ figures, title }: Props) {
  const { t } = useTranslation()
  const textOf = useStepText(figures)
  const { frame, reading, onKeyDown, onFocus, onBlur } = usePlot(figures)
  const last = figures.times.length - 1
  // After a new answer there may be fewer steps than before.
  const index = Math.min(reading?.index ?? last, last)
  return (
    <div className="chart">
      <Legend figures={figures} />
      <div
        className="chart-plot"
        role="slider"
        tabIndex={0}
        aria-label={`${title}. ${t('overview.chartHint')}`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={index}
        aria-valuetext={enumeration(textOf(index))}
        onKeyDown={onKeyDown}
        onFocus={onFocus}
        onBlur={onBlur}
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

/** The time of a step, then what was counted in it. */
function useStepText(figures: CallsFigures): (index: number) => readonly string[] {
  const { t } = useTranslation()
  const name = useOperationName()
  const stepName = useStepName()
  const { operations, errors } = figures
  return (index) => [
    stepName(countedStep(figures, index)),
    ...operations.map(({ name: operation, counts }) =>
      t('overview.figure', { name: name(operation), n: wholeNumber(counts[index] ?? 0) }),
    ),
    t('overview.figure', { name: t('words.errors'), n: wholeNumber(errors[index] ?? 0) }),
  ]
}

function Legend({ figures }: { readonly figures: CallsFigures }) {
  const { t } = useTranslation()
  const name = useOperationName()
  const hasPartial = figures.times.some((_, i) => countedStep(figures, i).isPartial)
  return (
    <ul className="legend">
      <Items of={figures.operations} name={({ name: operation }) => operation}>
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
