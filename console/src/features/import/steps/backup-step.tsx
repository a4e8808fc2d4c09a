/** A backup before Holdfast has the material, and the proof that it opens. */
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { shareLimits } from '../../../../../src/custody/shares.ts'
import { backupPlaceLength } from '../../../../../src/domain/rules.ts'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { type Option, RadioCards, TextField } from '../../../parts/controls/field.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import type { BackupKind, Choices } from '../choices.ts'
import type { Material } from '../ways/use-material.ts'
import { StepBar } from '../wizard.tsx'
import { BackupFile } from './backup-file.tsx'
import { PaperShares } from './paper-shares.tsx'

type Props = {
  readonly item: KeyCard
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly material: Material
  readonly facts: Facts
  readonly isProved: boolean
  readonly onProved: (isProved: boolean) => void
  readonly onBack: () => void
  readonly onNext: () => void
}

export function BackupStep(props: Props) {
  const { choices, choose, facts, isProved, onProved, onBack, onNext } = props
  const { t } = useTranslation()
  const [tried, setTried] = useState(false)
  const kind: BackupKind = choices.backup === 'shares' && !canShare(facts) ? 'file' : choices.backup
  const isPlaceMissing = kind === 'place' && choices.place.trim() === ''
  const reason = kind === 'place' || isProved ? undefined : t('import.backup.proveFirst')
  const change = (backup: BackupKind): void => {
    choose({ backup })
    onProved(false)
  }
  const next = (): void => {
    setTried(true)
    if (!isPlaceMissing) onNext()
  }
  return (
    <div className="stack wide">
      <p className="lead">{t('import.backup.lead')}</p>
      <RadioCards
        label={t('import.question.backup')}
        hideLabel
        name="backup"
        value={kind}
        onChange={change}
        options={backupOptions(t, choices, facts)}
      />
      {kind === 'file' && <BackupFile {...props} />}
      {kind === 'shares' && <PaperShares {...props} />}
      {kind === 'place' && (
        <BackupPlace choices={choices} choose={choose} isMissing={tried && isPlaceMissing} />
      )}
      <StepBar>
        <Button onClick={onBack}>{t('common.back')}</Button>
        <Button kind="primary" reason={reason} onClick={next}>
          {t('common.continue')}
        </Button>
      </StepBar>
    </div>
  )
}

/** Shares are words to be typed: of secrets alone, and of those that are not too long. */
function canShare({ fingerprint, sizeBytes }: Facts): boolean {
  return fingerprint === null && sizeBytes <= shareLimits.materialBytes.max
}

function backupOptions(
  t: TFunction,
  { threshold, shares }: Choices,
  facts: Facts,
): readonly Option<BackupKind>[] {
  const onPaper: Option<BackupKind> = {
    value: 'shares',
    title: t('import.backup.shares'),
    text: t('import.backup.sharesText', { k: threshold, n: shares }),
  }
  return [
    { value: 'file', title: t('import.backup.file'), text: t('import.backup.fileText') },
    ...(canShare(facts) ? [onPaper] : []),
    { value: 'place', title: t('import.backup.place'), text: t('import.backup.placeText') },
  ]
}

type PlaceProps = Pick<Props, 'choices' | 'choose'> & { readonly isMissing: boolean }

/** Where a backup is kept already. */
function BackupPlace({ choices, choose, isMissing }: PlaceProps) {
  const { t } = useTranslation()
  return (
    <Panel padded>
      <TextField
        label={t('import.backup.placeLabel')}
        hint={t('import.backup.placeHint')}
        value={choices.place}
        maxLength={backupPlaceLength}
        error={isMissing ? t('import.backup.placeMissing') : undefined}
        onChange={(event) => choose({ place: event.target.value })}
      />
      <p className="soft">{t('import.backup.reminded')}</p>
    </Panel>
  )
}
