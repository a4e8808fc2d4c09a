/** The step that the wizard is at, and what its buttons do to the wizard. */
import type { Dispatch } from 'react'
import { useTranslation } from 'react-i18next'
import type { ImportStep } from '../../../../src/domain/material/import-steps.ts'
import type { KeyCard } from '../../api/admin.ts'
import { hasHeld } from '../../parts/data/was-held.ts'
import { Banner } from '../../parts/page/banner.tsx'
import type { Choices, Mode } from './choices.ts'
import { BackupStep } from './steps/backup-step.tsx'
import { ChecksStep } from './steps/checks-step.tsx'
import { ExpiryStep } from './steps/expiry-step.tsx'
import { MaterialStep } from './steps/material-step.tsx'
import { ReviewStep } from './steps/review-step.tsx'
import { WasStep } from './steps/was-step.tsx'
import type { Material } from './ways/use-material.ts'
import type { Done, Whereabouts, WizardEvent, WizardState } from './wizard-state.ts'

type Props = {
  readonly mode: Mode
  /** The key as the server has it now, and as it was when the wizard was opened. */
  readonly item: KeyCard
  readonly opened: KeyCard
  readonly state: WizardState
  readonly dispatch: Dispatch<WizardEvent>
  readonly material: Material
  readonly steps: readonly ImportStep[]
  /** Goes to a step and has it remembered. */
  readonly goTo: (step: ImportStep) => void
  readonly save: (step: ImportStep) => void
}

export function holdsMaterial({ state }: KeyCard): boolean {
  return state === 'enabled' || state === 'disabled'
}

export function WizardStep(props: Props) {
  const { t } = useTranslation()
  const { mode, opened, state, material } = props
  return (
    <>
      {material.lost > 0 && state.facts === undefined && (
        <Banner tone="warning">
          <p>{t('import.materialLost')}</p>
        </Banner>
      )}
      {mode === 'import' && holdsMaterial(opened) && (
        <Banner tone={opened.permanent ? 'warning' : 'info'}>
          <p>{opened.permanent ? t('errors.key-not-pending-import') : t('import.renews')}</p>
        </Banner>
      )}
      <Step {...props} />
    </>
  )
}

/** What every step may ask of the wizard. */
type StepProps = {
  /** The key as it was when the wizard was opened. */
  readonly item: KeyCard
  readonly mode: Mode
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly material: Material
  /** What is unchanged when something is refused. */
  readonly unchanged: string
  readonly onBack: () => void
  readonly onNext: () => void
  readonly onWhere: (where: Whereabouts) => void
  readonly onDone: (done: Done) => void
}

function useStepProps(props: Props): StepProps {
  const { mode, item, opened, state, dispatch, material, steps, goTo } = props
  const { t } = useTranslation()
  const neighbour = (by: 1 | -1): void => {
    const to = steps[steps.indexOf(state.step) + by]
    if (to !== undefined) goTo(to)
  }
  return {
    item: opened,
    mode,
    choices: state.choices,
    choose: (change) => dispatch({ kind: 'chosen', change }),
    material,
    unchanged: t(holdsMaterial(item) ? 'import.unchanged.held' : 'import.unchanged.pending'),
    onBack: () => neighbour(-1),
    onNext: () => neighbour(1),
    onWhere: (where) => dispatch({ kind: 'moved', where }),
    onDone(done) {
      dispatch({ kind: 'done', done })
      void material.end()
    },
  }
}

function Step(props: Props) {
  const { mode, opened, state, dispatch, save } = props
  const { step, facts, wrapped, isProved } = state
  const common = useStepProps(props)
  switch (step) {
    case 'kind':
      return <WasStep item={opened} onNext={common.onNext} />
    case 'material':
      return (
        <MaterialStep
          {...common}
          wasHeld={hasHeld(opened)}
          facts={facts}
          wrapped={wrapped}
          onFacts={(found) => dispatch({ kind: 'read', facts: found })}
          onWrapped={(files) => dispatch({ kind: 'wrapped', files })}
          onBack={mode === 'import' ? common.onBack : undefined}
        />
      )
    case 'checks':
      return facts && <ChecksStep {...common} facts={facts} />
    case 'backup':
      return (
        facts && (
          <BackupStep
            {...common}
            facts={facts}
            isProved={isProved}
            onProved={(proved) => dispatch({ kind: 'proved', isProved: proved })}
          />
        )
      )
    case 'expiry':
      return <ExpiryStep {...common} />
    case 'review':
      return (
        <ReviewStep
          {...common}
          facts={facts}
          wrapped={wrapped}
          isProved={isProved}
          onAgain={() => {
            dispatch({ kind: 'refused' })
            save('material')
          }}
        />
      )
  }
}
