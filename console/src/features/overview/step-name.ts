/** The time that a step of the chart counted, with a word for one that is not whole. */
import { useTranslation } from 'react-i18next'
import { timeRange } from '../../parts/data/format.ts'
import type { CountedStep } from './calls-figures.ts'

/** "24 Nov 2026, 01:30–01:35", or "24 Nov 2026, 01:30–01:32 (partial)". */
export function useStepName(): (step: CountedStep) => string {
  const { t } = useTranslation()
  return ({ from, to, isPartial }) => {
    const time = timeRange(from, to)
    return isPartial ? t('overview.partial', { time }) : time
  }
}
