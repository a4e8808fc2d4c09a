/** The frame of the wizard: where the material is, the steps, the step itself, what it means. */
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportStep } from '../../../../src/domain/material/import-steps.ts'
import { Icon } from '../../parts/page/icon.tsx'
import { type Whereabouts, whereabouts } from './wizard-state.ts'

export function WhereLine({ at }: { readonly at: Whereabouts }) {
  const { t } = useTranslation()
  return (
    <div className="where">
      <span id="where-label">{t('import.where.label')}</span>
      <ol aria-labelledby="where-label">
        {whereabouts.map((one) => (
          <li key={one} {...(one === at && { 'aria-current': 'step' as const })}>
            {t(`import.where.${one}`)}
          </li>
        ))}
      </ol>
    </div>
  )
}

type Props = {
  readonly steps: readonly ImportStep[]
  readonly at: ImportStep
  /** What was chosen in a step that is done. */
  readonly notes: Readonly<Partial<Record<ImportStep, string>>>
  readonly children: ReactNode
  readonly aside: ReactNode
}

export function Steps({ steps, at, notes, children, aside }: Props) {
  const { t } = useTranslation()
  const index = steps.indexOf(at)
  const heading = useRef<HTMLHeadingElement>(null)
  const before = useRef(at)
  useEffect(() => {
    if (before.current === at) return
    before.current = at
    scrollTo(0, 0)
    heading.current?.focus()
  }, [at])
  return (
    <div className="wizard">
      <ol className="steps" aria-label={t('import.steps')}>
        {steps.map((step, i) => (
          <li
            key={step}
            className={i < index ? 'done' : i === index ? 'current' : ''}
            {...(i === index && { 'aria-current': 'step' as const })}
          >
            <span className="dot">{i < index ? <Icon name="tick" /> : i + 1}</span>
            <div>
              {t(`import.step.${step}`)}
              {i < index && <span className="sr-only">, {t('import.stepDone')}</span>}
              {i < index && notes[step] !== undefined && <small>{notes[step]}</small>}
            </div>
          </li>
        ))}
      </ol>
      <div className="wizard-main">
        <p className="step-narrow">
          {t('import.stepOf', { n: index + 1, total: steps.length, name: t(`import.step.${at}`) })}
        </p>
        <h2 ref={heading} tabIndex={-1} className="question">
          {t(`import.question.${at}`)}
        </h2>
        {children}
      </div>
      <aside className="wizard-aside" aria-label={t('import.aside.title')}>
        {aside}
      </aside>
    </div>
  )
}

export function StepBar({ children }: { readonly children: ReactNode }) {
  return <div className="action-bar">{children}</div>
}
