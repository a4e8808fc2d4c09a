/**
 * The steps from material to key. What was chosen goes with the unfinished import; the material
 * never leaves this page but wrapped.
 */
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import type { ImportStep } from '../../../../src/domain/material/import-steps.ts'
import { type KeyCard, saveImport } from '../../api/admin.ts'
import { useHold } from '../../app/history.ts'
import { sessionState } from '../../app/session.ts'
import type { Facts } from '../../material/protocol.ts'
import { Button } from '../../parts/controls/button.tsx'
import { shortTime } from '../../parts/data/format.ts'
import { hasHeld } from '../../parts/data/was-held.ts'
import { Banner } from '../../parts/page/banner.tsx'
import { Page } from '../../parts/page/page.tsx'
import { nameOf } from '../key/key-name.ts'
import { Aside } from './aside.tsx'
import { type Choices, expiryInstant, type Mode, stepsOf, storedChoices } from './choices.ts'
import { BackupStep } from './steps/backup-step.tsx'
import { ChecksStep } from './steps/checks-step.tsx'
import { ExpiryStep } from './steps/expiry-step.tsx'
import { MaterialStep } from './steps/material-step.tsx'
import { ResultStep } from './steps/result-step.tsx'
import { ReviewStep } from './steps/review-step.tsx'
import { WasStep } from './steps/was-step.tsx'
import { useMaterial } from './ways/use-material.ts'
import { Steps, type Whereabouts, WhereLine } from './wizard.tsx'

export type { Facts }

/** Material that was wrapped on another computer. */
export type WrappedElsewhere = { readonly material: string; readonly privateKey: string | null }

export type Done =
  | {
      readonly kind: 'imported'
      readonly expiresAt: number | null
      readonly drilledAt: number | undefined
    }
  | { readonly kind: 'drilled'; readonly at: number }

type Props = { readonly mode: Mode; readonly item: KeyCard; readonly stored: Choices }

export function ImportWizard({ mode, item, stored }: Props) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const material = useMaterial()
  const [choices, setChoices] = useState(stored)
  const [step, setStep] = useState<ImportStep>('material')
  const [facts, setFacts] = useState<Facts>()
  const [wrapped, setWrapped] = useState<WrappedElsewhere>()
  const [isProved, setProved] = useState(false)
  const [where, setWhere] = useState<Whereabouts>('nowhere')
  const [done, setDone] = useState<Done>()
  // The key as it was when the wizard was opened: a drill or an import changes what its steps are.
  const [key] = useState(item)
  const steps = stepsOf(mode, key, key.permanent, choices.way)
  const holdsMaterial = key.state === 'enabled' || key.state === 'disabled'
  const name = nameOf(item)
  const isInPage = facts !== undefined && done === undefined

  const lost = useRef(material.lost)
  useEffect(() => {
    if (lost.current === material.lost) return
    lost.current = material.lost
    setFacts(undefined)
    setProved(false)
    setWhere('nowhere')
    if (done === undefined) setStep('material')
  }, [material.lost, done])

  const checkValue = facts?.checkValue ?? null
  const { lose } = material
  useHold(isInPage ? { kind: 'material', checkValue, overwrite: lose } : undefined)

  const choose = (change: Partial<Choices>): void =>
    setChoices((before) => ({ ...before, ...change }))
  const saved = useRef(stored)
  const save = (at: ImportStep): void => {
    saved.current = choices
    // A step that is not remembered is chosen again: nobody is kept from going on.
    if (mode === 'import') void saveImport(key.id, at, storedChoices(choices)).catch(() => {})
  }
  const keep = useRef(() => {})
  keep.current = () => {
    if (saved.current !== choices && done === undefined && sessionState.get().kind === 'active')
      save(step)
  }
  useEffect(() => {
    // What is wrapped under the key of a token is of use with that token alone: it is not left to
    // the next step.
    if (saved.current.token !== choices.token) keep.current()
  }, [choices.token])
  useEffect(() => () => keep.current(), [])

  const goTo = (next: ImportStep): void => {
    setStep(next)
    save(next)
  }
  const neighbour = (by: 1 | -1): ImportStep | undefined => steps[steps.indexOf(step) + by]
  const next = (): void => {
    const following = neighbour(1)
    if (following !== undefined) goTo(following)
  }
  const back = (): void => {
    const before = neighbour(-1)
    if (before !== undefined) goTo(before)
  }
  const finish = (result: Done): void => {
    setDone(result)
    void material.end()
  }

  const notes: Partial<Record<ImportStep, string>> = {
    kind: key.spec,
    ...(facts && {
      material:
        facts.fingerprint === null ? t('common.bytes', { count: facts.sizeBytes }) : facts.spec,
    }),
    ...(choices.way === 'elsewhere' && { material: t('import.way.elsewhere') }),
    ...(isProved && { backup: t('import.backup.proved') }),
    ...(choices.backup === 'place' && choices.place !== '' && { backup: choices.place }),
    expiry:
      expiryInstant(choices, Date.now()) === null
        ? t('expiry.never')
        : shortTime(expiryInstant(choices, Date.now()) ?? 0),
  }
  const title = mode === 'drill' ? t('import.titleDrill', { name }) : t('import.title', { name })
  const common = { item: key, choices, choose, material }
  const unchanged =
    item.state === 'enabled' || item.state === 'disabled'
      ? t('import.unchanged.held')
      : t('import.unchanged.pending')
  return (
    <Page
      title={title}
      crumbs={[
        { href: '/keys', label: t('nav.keys') },
        { href: `/keys/${key.id}`, label: name },
      ]}
      actions={
        done === undefined && (
          <Button onClick={() => go(`/keys/${key.id}`)}>{t('import.leave')}</Button>
        )
      }
    >
      <WhereLine
        at={done?.kind === 'imported' ? 'holdfast' : done?.kind === 'drilled' ? 'nowhere' : where}
      />
      {done !== undefined ? (
        <ResultStep
          item={item}
          renewed={holdsMaterial}
          done={done}
          facts={facts}
          wasElsewhere={choices.way === 'elsewhere'}
        />
      ) : (
        <Steps
          steps={steps}
          at={step}
          notes={notes}
          aside={<Aside permanent={key.permanent} mode={mode} />}
        >
          {material.lost > 0 && facts === undefined && (
            <Banner tone="warning">
              <p>{t('import.materialLost')}</p>
            </Banner>
          )}
          {mode === 'import' && holdsMaterial && (
            <Banner tone={key.permanent ? 'warning' : 'info'}>
              <p>{key.permanent ? t('errors.key-not-pending-import') : t('import.renews')}</p>
            </Banner>
          )}
          {step === 'kind' && <WasStep item={key} onNext={next} />}
          {step === 'material' && (
            <MaterialStep
              {...common}
              mode={mode}
              wasHeld={hasHeld(key)}
              facts={facts}
              wrapped={wrapped}
              unchanged={unchanged}
              onFacts={(found) => {
                setFacts(found)
                setProved(false)
                setWrapped(undefined)
                setWhere(found === undefined ? 'nowhere' : 'page')
              }}
              onWrapped={(files) => {
                setWrapped(files)
                setWhere(files === undefined ? 'nowhere' : 'wrapped')
              }}
              onBack={mode === 'import' ? back : undefined}
              onNext={next}
            />
          )}
          {step === 'checks' && facts !== undefined && (
            <ChecksStep
              item={key}
              mode={mode}
              facts={facts}
              material={material}
              unchanged={unchanged}
              onBack={back}
              onNext={next}
              onWhere={setWhere}
              onDone={finish}
            />
          )}
          {step === 'backup' && facts !== undefined && (
            <BackupStep
              {...common}
              facts={facts}
              isProved={isProved}
              onProved={setProved}
              onBack={back}
              onNext={next}
            />
          )}
          {step === 'expiry' && <ExpiryStep {...common} onBack={back} onNext={next} />}
          {step === 'review' && (
            <ReviewStep
              {...common}
              mode={mode}
              facts={facts}
              wrapped={wrapped}
              isProved={isProved}
              unchanged={unchanged}
              onWhere={setWhere}
              onBack={back}
              onAgain={() => {
                setWrapped(undefined)
                goTo('material')
              }}
              onDone={finish}
            />
          )}
        </Steps>
      )}
    </Page>
  )
}
