/**
 * Where the material comes from: made here, out of a file or text, or wrapped on another computer.
 */
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { type Option, RadioCards } from '../../../parts/controls/field.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { isPair } from '../../key/kinds.ts'
import type { Choices, Mode, Way } from '../choices.ts'
import { ElsewhereWay } from '../ways/elsewhere-way.tsx'
import { FileWay } from '../ways/file-way.tsx'
import { MadeHereWay, type Making, secretBytes, useMaking } from '../ways/made-here-way.tsx'
import type { Material } from '../ways/use-material.ts'
import { StepBar } from '../wizard.tsx'
import type { WrappedElsewhere } from '../wizard-state.ts'

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
  const { item, wasHeld, choices, choose, material, onFacts, onWrapped, onBack, onNext } = props
  const { t } = useTranslation()
  const making = useMaking(item, material, onFacts)
  const change = (way: Way): void => {
    choose({ way })
    onFacts(undefined)
    onWrapped(undefined)
    void material.end()
  }
  return (
    <div className="stack wide">
      <ChooseAgain {...props} />
      <RadioCards
        label={t('import.question.material')}
        hideLabel
        name="way"
        value={choices.way}
        options={wayOptions(t, item.spec, wasHeld)}
        onChange={change}
      />
      <ChosenWay {...props} making={making} />
      <StepBar>
        {onBack !== undefined && <Button onClick={onBack}>{t('common.back')}</Button>}
        <Button kind="primary" reason={missingText(t, props)} onClick={onNext}>
          {t('common.continue')}
        </Button>
      </StepBar>
    </div>
  )
}

/** An unfinished import is continued: its choices were kept, its material was not. */
function ChooseAgain({ mode, choices: { way }, facts, wrapped }: Props) {
  const { t } = useTranslation()
  const [isRestored] = useState(way !== undefined)
  const isMissing = facts === undefined && wrapped === undefined && way !== 'elsewhere'
  return (
    isRestored &&
    isMissing &&
    mode === 'import' && (
      <Banner tone="info">
        <p>{t('import.chooseAgain')}</p>
      </Banner>
    )
  )
}

function wayOptions(t: TFunction, spec: string, wasHeld: boolean): readonly Option<Way>[] {
  const madeHere: Option<Way> = {
    value: 'made-here',
    title: t('import.way.made-here'),
    text: isPair(spec)
      ? t('import.wayText.madeHerePair')
      : t('import.wayText.madeHere', { count: secretBytes(spec) }),
  }
  return [
    // A key that is bound to its material cannot take new material.
    ...(wasHeld ? [] : [madeHere]),
    {
      value: 'file',
      title: t('import.way.file'),
      text: wasHeld ? t('import.wayText.fileAgain') : t('import.wayText.file'),
    },
    { value: 'elsewhere', title: t('import.way.elsewhere'), text: t('import.wayText.elsewhere') },
  ]
}

function ChosenWay({ making, ...props }: Props & { readonly making: Making }) {
  switch (props.choices.way) {
    case 'made-here':
      return <MadeHereWay {...props} making={making} />
    case 'file':
      return <FileWay {...props} />
    case 'elsewhere':
      return <ElsewhereWay {...props} />
    case undefined:
      return null
  }
}

/** What has to be chosen before the next step; undefined where nothing is missing. */
function missingText(
  t: TFunction,
  { choices: { way }, facts, wrapped }: Props,
): string | undefined {
  const isReady = way === 'elsewhere' ? wrapped !== undefined : facts !== undefined
  if (isReady) return undefined
  return way === undefined ? t('import.chooseWay') : t('import.chooseMaterial')
}
