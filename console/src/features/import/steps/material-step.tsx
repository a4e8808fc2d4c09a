/**
 * Where the material comes from: made here, out of a file or text, or wrapped on another computer.
 */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { RadioCards } from '../../../parts/controls/field.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { isPair, specOf } from '../../key/kinds.ts'
import type { Choices, Mode, Way } from '../choices.ts'
import { ElsewhereWay } from '../ways/elsewhere-way.tsx'
import { FileWay } from '../ways/file-way.tsx'
import { targetOf } from '../ways/target.ts'
import type { Material } from '../ways/use-material.ts'
import { StepBar } from '../wizard.tsx'
import type { WrappedElsewhere } from '../wizard-state.ts'
import { FactsPanel } from './facts-panel.tsx'

type Props = {
  readonly item: KeyCard
  readonly mode: Mode
  /** Whether the key held material when the wizard was opened. */
  readonly wasHeld: boolean
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly material: Material
  readonly facts: Facts | undefined
  readonly wrapped: WrappedElsewhere | undefined
  /** What is unchanged when something is refused. */
  readonly unchanged: string
  readonly onFacts: (facts: Facts | undefined) => void
  readonly onWrapped: (wrapped: WrappedElsewhere | undefined) => void
  readonly onBack: (() => void) | undefined
  readonly onNext: () => void
}

export function MaterialStep(props: Props) {
  const {
    item,
    mode,
    wasHeld,
    choices,
    choose,
    material,
    facts,
    wrapped,
    unchanged,
    onFacts,
    onWrapped,
    onBack,
    onNext,
  } = props
  const { t } = useTranslation()
  const [isMaking, setMaking] = useState(false)
  const [isRestored] = useState(choices.way !== undefined)
  const spec = specOf(item.spec)
  const pair = isPair(item.spec)
  const size = spec !== undefined && 'materialBytes' in spec ? spec.materialBytes : 0
  const { way } = choices
  const options: readonly { readonly value: Way; readonly title: string; readonly text: string }[] =
    [
      // A key that is bound to its material cannot take new material.
      ...(wasHeld
        ? []
        : [
            {
              value: 'made-here' as const,
              title: t('import.way.made-here'),
              text: pair
                ? t('import.wayText.madeHerePair')
                : t('import.wayText.madeHere', { count: size }),
            },
          ]),
      {
        value: 'file',
        title: t('import.way.file'),
        text: wasHeld ? t('import.wayText.fileAgain') : t('import.wayText.file'),
      },
      { value: 'elsewhere', title: t('import.way.elsewhere'), text: t('import.wayText.elsewhere') },
    ]
  const change = (chosen: Way): void => {
    choose({ way: chosen })
    onFacts(undefined)
    onWrapped(undefined)
    void material.end()
  }
  const make = async (): Promise<void> => {
    setMaking(true)
    try {
      onFacts(await material.client().ask('make', { target: targetOf(item) }))
    } finally {
      setMaking(false)
    }
  }
  const isReady = way === 'elsewhere' ? wrapped !== undefined : facts !== undefined
  return (
    <div className="stack wide">
      {isRestored &&
        facts === undefined &&
        wrapped === undefined &&
        way !== 'elsewhere' &&
        mode === 'import' && (
          <Banner tone="info">
            <p>{t('import.chooseAgain')}</p>
          </Banner>
        )}
      <RadioCards
        label={t('import.question.material')}
        hideLabel
        name="way"
        value={way}
        options={options}
        onChange={change}
      />
      {way === 'made-here' && (
        <div className="stack">
          {facts === undefined ? (
            <p>
              <Button kind="primary" busy={isMaking} onClick={() => void make()}>
                {pair
                  ? t('import.makePair', { spec: item.spec })
                  : t('import.make', { count: size })}
              </Button>
            </p>
          ) : (
            <FactsPanel facts={facts} material={material} origin={t('import.origin.made')} />
          )}
          {isMaking && (
            <p role="status" className="soft">
              {t('import.making')}
            </p>
          )}
        </div>
      )}
      {way === 'file' && (
        <FileWay
          item={item}
          material={material}
          facts={facts}
          unchanged={unchanged}
          onFacts={onFacts}
        />
      )}
      {way === 'elsewhere' && (
        <ElsewhereWay
          item={item}
          mode={mode}
          choices={choices}
          choose={choose}
          wrapped={wrapped}
          onWrapped={onWrapped}
        />
      )}
      <StepBar>
        {onBack !== undefined && <Button onClick={onBack}>{t('common.back')}</Button>}
        <Button
          kind="primary"
          reason={
            isReady
              ? undefined
              : way === undefined
                ? t('import.chooseWay')
                : t('import.chooseMaterial')
          }
          onClick={onNext}
        >
          {t('common.continue')}
        </Button>
      </StepBar>
    </div>
  )
}
