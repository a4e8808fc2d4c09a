/** An age file under a passphrase: saved, then opened again, which proves it. */
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { backupFileName } from '../../../../../src/custody/backup-file.ts'
import {
  isLongEnough,
  leastCharacters,
  proposePassphrase,
  typedFault,
  typedValues,
} from '../../../../../src/custody/passphrase.ts'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts, ProveAnswer } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CopyButton } from '../../../parts/controls/copy.tsx'
import { RadioCards, TextField } from '../../../parts/controls/field.tsx'
import { download } from '../../../parts/data/download.ts'
import { Panel } from '../../../parts/page/panel.tsx'
import { nameOf } from '../../key/key-name.ts'
import { SecretField } from '../ways/secret-field.tsx'
import { type Material, useMaterialWork } from '../ways/use-material.ts'
import { ProofResult } from './proof-result.tsx'

type Props = {
  readonly item: KeyCard
  readonly facts: Facts
  readonly material: Material
  readonly isProved: boolean
  readonly onProved: (isProved: boolean) => void
}

function draw(): string {
  return proposePassphrase((bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>))
}

export function BackupFile({ item, facts, material, isProved, onProved }: Props) {
  const { t } = useTranslation()
  const [kind, setKind] = useState<'proposed' | 'own'>('proposed')
  const [proposed, setProposed] = useState(draw)
  const own = useRef<HTMLInputElement>(null)
  const [error, setError] = useState<string>()
  const { isBusy, run } = useMaterialWork()
  const [isSaved, setSaved] = useState(false)
  const [chosen, setChosen] = useState<File>()
  const [answer, setAnswer] = useState<ProveAnswer>()
  const name = backupFileName(nameOf(item), facts.checkValue ?? facts.fingerprint ?? '')

  const save = async (): Promise<void> => {
    const passphrase = kind === 'proposed' ? proposed : (own.current?.value ?? '')
    const fault = typedFault(passphrase)
    if (fault !== undefined && fault !== 'empty')
      return setError(t(`import.typed.${fault}`, typedValues))
    if (!isLongEnough(passphrase))
      return setError(t('import.backup.tooShort', { n: leastCharacters }))
    setError(undefined)
    await run(async () => {
      const { file } = await material.client().ask('seal', { passphrase })
      download(name, 'application/octet-stream', file)
      if (own.current !== null) own.current.value = ''
      setSaved(true)
      setAnswer(undefined)
      onProved(false)
    })
  }
  const prove = async (passphrase: string): Promise<void> => {
    if (chosen === undefined) return
    await run(async () => {
      const file = await chosen.arrayBuffer()
      const found = await material.client().ask('prove', { file, passphrase })
      setAnswer(found)
      onProved(found.kind === 'matches')
    })
  }
  return (
    <Panel padded>
      <div className="stack">
        <RadioCards
          label={t('words.passphrase')}
          name="passphrase-kind"
          value={kind}
          onChange={setKind}
          options={[
            { value: 'proposed', title: t('import.backup.proposed') },
            { value: 'own', title: t('import.backup.own', { n: leastCharacters }) },
          ]}
        />
        {kind === 'proposed' ? (
          <div className="field">
            <span className="label" id="proposed-label">
              {t('import.backup.words')}
            </span>
            <div className="input-row">
              <output className="code output" aria-labelledby="proposed-label">
                {proposed}
              </output>
              <Button onClick={() => setProposed(draw())}>{t('import.backup.another')}</Button>
              <CopyButton value={proposed} name={t('words.passphrase')} />
            </div>
            <p className="hint">{t('import.backup.apart')}</p>
          </div>
        ) : (
          <TextField
            ref={own}
            label={t('import.backup.ownLabel')}
            type="password"
            autoComplete="new-password"
            hint={t('import.backup.apart')}
            error={error}
          />
        )}
        <div className="field">
          <span className="label">{t('words.backupFile')}</span>
          <p className="line">
            <code className="break">{name}</code>
            <Button
              kind={isSaved ? 'plain' : 'primary'}
              icon="download"
              busy={isBusy && !isSaved}
              onClick={() => void save()}
            >
              {t('import.backup.save')}
            </Button>
          </p>
        </div>
        {isSaved && (
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
                onSecret={(passphrase) => void prove(passphrase)}
              />
            )}
            <ProofResult answer={answer} />
          </fieldset>
        )}
      </div>
    </Panel>
  )
}
