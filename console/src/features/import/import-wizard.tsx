/**
 * The steps from material to key. What was chosen goes with the unfinished import; the material
 * never leaves this page except wrapped.
 */
import type { TFunction } from 'i18next'
import { type Dispatch, type ReactNode, useEffect, useReducer, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import type { ImportStep } from '../../../../src/domain/material/import-steps.ts'
import type { KeyCard } from '../../api/admin.ts'
import { useHold } from '../../app/history.ts'
import { Button } from '../../parts/controls/button.tsx'
import { shortTime } from '../../parts/data/format.ts'
import { Page } from '../../parts/page/page.tsx'
import { nameOf } from '../key/key-name.ts'
import { Aside } from './aside.tsx'
import { type Choices, expiryInstant, type Mode, stepsOf } from './choices.ts'
import { ResultStep } from './steps/result-step.tsx'
import { useSavedChoices } from './use-saved-choices.ts'
import { type Material, useMaterial } from './ways/use-material.ts'
import { Steps, WhereLine } from './wizard.tsx'
import { afterEvent, type WizardEvent, type WizardState, wizardAt } from './wizard-state.ts'
import { holdsMaterial, WizardStep } from './wizard-step.tsx'

type Props = { readonly mode: Mode; readonly item: KeyCard; readonly stored: Choices }

export function ImportWizard({ mode, item, stored }: Props) {
  const { t } = useTranslation()
  const material = useMaterial()
  const [state, dispatch] = useReducer(afterEvent, stored, wizardAt)
  // The key as it was when the wizard was opened: a drill or an import changes what its steps are.
  const [key] = useState(item)
  const save = useSavedChoices(mode === 'import' ? key.id : undefined, state)
  useHeldMaterial(material, state, dispatch)
  const { step, choices, facts, done } = state
  const steps = stepsOf(mode, key, key.permanent, choices.way)
  const goTo = (to: ImportStep): void => {
    dispatch({ kind: 'went', to })
    save(to)
  }
  return (
    <WizardPage mode={mode} item={item} isDone={done !== undefined}>
      <WhereLine at={state.where} />
      {done !== undefined ? (
        <ResultStep
          item={item}
          renewed={holdsMaterial(key)}
          done={done}
          facts={facts}
          wasElsewhere={choices.way === 'elsewhere'}
        />
      ) : (
        <Steps
          steps={steps}
          at={step}
          notes={notesOf(t, key, state)}
          aside={<Aside permanent={key.permanent} mode={mode} />}
        >
          <WizardStep
            {...{ mode, item, opened: key, state, dispatch, material, steps, goTo, save }}
          />
        </Steps>
      )}
    </WizardPage>
  )
}

type PageProps = {
  readonly mode: Mode
  readonly item: KeyCard
  /** There is nothing left to leave. */
  readonly isDone: boolean
  readonly children: ReactNode
}

function WizardPage({ mode, item, isDone, children }: PageProps) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const name = nameOf(item)
  return (
    <Page
      title={mode === 'drill' ? t('import.titleDrill', { name }) : t('import.title', { name })}
      crumbs={[
        { href: '/keys', label: t('nav.keys') },
        { href: `/keys/${item.id}`, label: name },
      ]}
      actions={
        !isDone && <Button onClick={() => go(`/keys/${item.id}`)}>{t('import.leave')}</Button>
      }
    >
      {children}
    </Page>
  )
}

/**
 * Leaving is asked first while the page holds material, and the wizard begins again when that is
 * lost.
 */
function useHeldMaterial(
  material: Material,
  { facts, done }: WizardState,
  dispatch: Dispatch<WizardEvent>,
): void {
  const lost = useRef(material.lost)
  useEffect(() => {
    if (lost.current === material.lost) return
    lost.current = material.lost
    dispatch({ kind: 'lost' })
  }, [material.lost, dispatch])
  const isInPage = facts !== undefined && done === undefined
  const checkValue = facts?.checkValue ?? null
  useHold(isInPage ? { kind: 'material', checkValue, overwrite: material.lose } : undefined)
}

/** What was chosen in each step that is done. */
function notesOf(
  t: TFunction,
  { spec }: KeyCard,
  { facts, choices, isProved }: WizardState,
): Partial<Record<ImportStep, string>> {
  const expiry = expiryInstant(choices, Date.now())
  return {
    kind: spec,
    ...(facts && {
      material:
        facts.fingerprint === null ? t('common.bytes', { count: facts.sizeBytes }) : facts.spec,
    }),
    ...(choices.way === 'elsewhere' && { material: t('import.way.elsewhere') }),
    ...(isProved && { backup: t('import.backup.proved') }),
    ...(choices.backup === 'place' && choices.place !== '' && { backup: choices.place }),
    expiry: expiry === null ? t('expiry.never') : shortTime(expiry),
  }
}
