/** When the material should stop working: never, after a time, or at an instant. */
import type { ParseKeys } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { latestInstant } from '../../../../../src/domain/instants.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { RadioCards, TextField } from '../../../parts/controls/field.tsx'
import { fullTime } from '../../../parts/data/format.ts'
import { localInput, localInstant } from '../../../parts/data/local-time.ts'
import { useNow } from '../../../parts/data/time.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { type Choices, expiries, expiryInstant } from '../choices.ts'
import { StepBar } from '../wizard.tsx'

type Props = {
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly onBack: () => void
  readonly onNext: () => void
}

export function ExpiryStep({ choices, choose, onBack, onNext }: Props) {
  const { t } = useTranslation()
  const now = useNow(1000)
  const [tried, setTried] = useState(false)
  const at = expiryInstant(choices, now)
  const fault = faultOf(choices, at, now)
  const next = (): void => {
    setTried(true)
    if (fault === undefined) onNext()
  }
  return (
    <div className="stack wide">
      <RadioCards
        label={t('import.question.expiry')}
        hideLabel
        name="expiry"
        value={choices.expiry}
        onChange={(expiry) => choose({ expiry })}
        options={expiries.map((value) => ({ value, title: t(`import.expiry.${value}`) }))}
      />
      {choices.expiry === 'date' && (
        <DateField
          choices={choices}
          choose={choose}
          now={now}
          fault={fault === 'missing' && !tried ? undefined : fault}
        />
      )}
      {at !== null && fault !== 'past' && (
        <p role="status">
          <b>{fullTime(at)}</b>
        </p>
      )}
      {choices.expiry !== 'never' && (
        <Banner tone="info">
          <p>{t('message.expiryMeans')}</p>
        </Banner>
      )}
      <StepBar>
        <Button onClick={onBack}>{t('common.back')}</Button>
        <Button kind="primary" onClick={next}>
          {t('common.continue')}
        </Button>
      </StepBar>
    </div>
  )
}

type Fault = 'missing' | 'past' | 'too-late'

/** What is wrong with an expiry. */
function faultOf(choices: Choices, at: number | null, now: number): Fault | undefined {
  if (at === null) return choices.expiry === 'date' ? 'missing' : undefined
  if (at <= now) return 'past'
  return at > latestInstant ? 'too-late' : undefined
}

const faultTexts = {
  missing: 'import.expiry.missing',
  past: 'message.timePassed',
  'too-late': 'import.expiry.tooLate',
} as const satisfies Readonly<Record<Fault, ParseKeys>>

type DateProps = Pick<Props, 'choices' | 'choose'> & {
  readonly now: number
  readonly fault: Fault | undefined
}

function DateField({ choices, choose, now, fault }: DateProps) {
  const { t } = useTranslation()
  return (
    <Panel padded>
      <TextField
        label={t('import.expiry.at')}
        type="datetime-local"
        step={1}
        className="input time-input"
        defaultValue={choices.expiresAt === null ? '' : localInput(choices.expiresAt)}
        min={localInput(now)}
        max={localInput(latestInstant)}
        error={fault && t(faultTexts[fault])}
        onChange={(event) => choose({ expiresAt: localInstant(event.target.value) ?? null })}
      />
    </Panel>
  )
}
