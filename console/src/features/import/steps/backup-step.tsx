/** A backup before Holdfast has the material, and the proof that it opens. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { shareLimits } from '../../../../../src/custody/shares.ts'
import { backupPlaceLength } from '../../../../../src/domain/rules.ts'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { RadioCards, TextField } from '../../../parts/controls/field.tsx'
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

export function BackupStep({
  item,
  choices,
  choose,
  material,
  facts,
  isProved,
  onProved,
  onBack,
  onNext,
}: Props) {
  const { t } = useTranslation()
  const { max } = shareLimits.materialBytes
  const canShare = facts.fingerprint === null && facts.sizeBytes <= max
  const kind: BackupKind = choices.backup === 'shares' && !canShare ? 'file' : choices.backup
  const [tried, setTried] = useState(false)
  const placeError =
    tried && kind === 'place' && choices.place.trim() === ''
      ? t('import.backup.placeMissing')
      : undefined
  const reason = kind === 'place' || isProved ? undefined : t('import.backup.proveFirst')
  const change = (backup: BackupKind): void => {
    choose({ backup })
    onProved(false)
  }
  const next = (): void => {
    setTried(true)
    if (kind === 'place' && choices.place.trim() === '') return
    onNext()
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
        options={[
          { value: 'file', title: t('import.backup.file'), text: t('import.backup.fileText') },
          ...(canShare
            ? [
                {
                  value: 'shares' as const,
                  title: t('import.backup.shares'),
                  text: t('import.backup.sharesText', { k: choices.threshold, n: choices.shares }),
                },
              ]
            : []),
          { value: 'place', title: t('import.backup.place'), text: t('import.backup.placeText') },
        ]}
      />
      {kind === 'file' && (
        <BackupFile
          item={item}
          facts={facts}
          material={material}
          isProved={isProved}
          onProved={onProved}
        />
      )}
      {kind === 'shares' && (
        <PaperShares
          item={item}
          facts={facts}
          choices={choices}
          choose={choose}
          material={material}
          isProved={isProved}
          onProved={onProved}
        />
      )}
      {kind === 'place' && (
        <Panel padded>
          <TextField
            label={t('import.backup.placeLabel')}
            hint={t('import.backup.placeHint')}
            value={choices.place}
            maxLength={backupPlaceLength}
            error={placeError}
            onChange={(event) => choose({ place: event.target.value })}
          />
          <p className="soft">{t('import.backup.reminded')}</p>
        </Panel>
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
