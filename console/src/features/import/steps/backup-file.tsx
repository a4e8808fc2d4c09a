/** An age file under a passphrase: saved, then opened again, which proves it. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { backupFileName } from '../../../../../src/custody/backup-file.ts'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts, ProveAnswer } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { download } from '../../../parts/data/download.ts'
import { Panel } from '../../../parts/page/panel.tsx'
import { nameOf } from '../../key/key-name.ts'
import { SecretField } from '../ways/secret-field.tsx'
import { type Material, useMaterialWork } from '../ways/use-material.ts'
import { PassphraseFields, useNewPassphrase } from './new-passphrase.tsx'
import { ProofResult } from './proof-result.tsx'

type Props = {
  readonly item: KeyCard
  readonly facts: Facts
  readonly material: Material
  readonly isProved: boolean
  readonly onProved: (isProved: boolean) => void
}

export function BackupFile({ item, facts, material, isProved, onProved }: Props) {
  const passphrase = useNewPassphrase()
  const { isBusy, run } = useMaterialWork()
  const [isSaved, setSaved] = useState(false)
  const [answer, setAnswer] = useState<ProveAnswer>()
  const name = backupFileName(nameOf(item), facts.checkValue ?? facts.fingerprint ?? '')
  const save = async (): Promise<void> => {
    const taken = passphrase.take()
    if (taken === undefined) return
    await run(async () => {
      const { file } = await material.client().ask('seal', { passphrase: taken })
      download(name, 'application/octet-stream', file)
      passphrase.empty()
      setSaved(true)
      setAnswer(undefined)
      onProved(false)
    })
  }
  const prove: ProveProps['onProve'] = (saved, typed) =>
    run(async () => {
      const file = await saved.arrayBuffer()
      const found = await material.client().ask('prove', { file, passphrase: typed })
      setAnswer(found)
      onProved(found.kind === 'matches')
    })
  return (
    <Panel padded>
      <div className="stack">
        <PassphraseFields passphrase={passphrase} />
        <SaveFile
          name={name}
          isSaved={isSaved}
          isBusy={isBusy && !isSaved}
          onSave={() => void save()}
        />
        {isSaved && (
          <ProveFile isBusy={isBusy} isProved={isProved} answer={answer} onProve={prove} />
        )}
      </div>
    </Panel>
  )
}

type SaveProps = {
  readonly name: string
  readonly isSaved: boolean
  readonly isBusy: boolean
  readonly onSave: () => void
}

function SaveFile({ name, isSaved, isBusy, onSave }: SaveProps) {
  const { t } = useTranslation()
  return (
    <div className="field">
      <span className="label">{t('words.backupFile')}</span>
      <p className="line">
        <code className="break">{name}</code>
        <Button kind={isSaved ? 'plain' : 'primary'} icon="download" busy={isBusy} onClick={onSave}>
          {t('import.backup.save')}
        </Button>
      </p>
    </div>
  )
}

type ProveProps = {
  readonly isBusy: boolean
  readonly isProved: boolean
  readonly answer: ProveAnswer | undefined
  readonly onProve: (saved: File, passphrase: string) => Promise<void>
}

/** The file that was saved is chosen and opened. */
function ProveFile({ isBusy, isProved, answer, onProve }: ProveProps) {
  const { t } = useTranslation()
  const [chosen, setChosen] = useState<File>()
  return (
    <fieldset className="prove">
      <legend>{t('import.backup.prove')}</legend>
      <p className="hint">{t('import.backup.proveHint')}</p>
      <label className="file-label">
        <span>{t('import.backup.chooseSaved')}</span>
        <input type="file" onChange={(event) => setChosen(event.target.files?.[0])} />
      </label>
      {chosen !== undefined && !isProved && (
        <SecretField
          label={t('words.passphrase')}
          action={t('import.backup.open')}
          isBusy={isBusy}
          error={undefined}
          isRefused={answer !== undefined && answer.kind !== 'matches'}
          onSecret={(passphrase) => void onProve(chosen, passphrase)}
        />
      )}
      <ProofResult answer={answer} />
    </fieldset>
  )
}
