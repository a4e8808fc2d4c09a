/**
 * Material from a file, a paste, a backup or shares. The page says what it read; where two
 * readings fit, the person chooses.
 */

import type { TFunction } from 'i18next'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts, ReadAnswer, Refused } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { RadioCards } from '../../../parts/controls/field.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { isPair } from '../../key/kinds.ts'
import { FactsPanel } from '../steps/facts-panel.tsx'
import { DropZone } from './drop-zone.tsx'
import { ReadQuestion } from './read-question.tsx'
import { useReadRefusal } from './read-refusal.ts'
import { SharesForm } from './shares-form.tsx'
import { useEmptied } from './use-emptied.ts'
import type { Material } from './use-material.ts'
import { type MaterialReading, useReading } from './use-reading.ts'

const sources = ['choose', 'paste', 'shares'] as const
type Source = (typeof sources)[number]

type Props = {
  readonly item: KeyCard
  readonly material: Material
  readonly facts: Facts | undefined
  readonly unchanged: string
  readonly onFacts: (facts: Facts | undefined) => void
}

export function FileWay({ item, material, facts, unchanged, onFacts }: Props) {
  const { t } = useTranslation()
  const [source, setSource] = useState<Source>('choose')
  const reading = useReading(item, material, onFacts)
  const { answer, fileName, again } = reading
  const change = (next: Source): void => {
    setSource(next)
    again()
  }
  if (facts !== undefined && answer?.kind === 'read')
    return (
      <div className="stack">
        <FactsPanel facts={facts} material={material} origin={originText(t, answer, fileName)} />
        <p>
          <Button small onClick={again}>
            {t('import.read.again')}
          </Button>
        </p>
      </div>
    )
  return (
    <div className="stack">
      <RadioCards
        label={t('import.read.source')}
        hideLabel
        name="source"
        value={source}
        onChange={change}
        options={sources
          .filter((one) => one !== 'shares' || !isPair(item.spec))
          .map((one) => ({ value: one, title: t(`import.source.${one}`) }))}
      />
      <FromSource source={source} reading={reading} />
      <div role="alert">
        {answer?.kind === 'refused' && (
          <Refusal refused={answer} fileName={fileName} unchanged={unchanged} />
        )}
      </div>
      <ReadQuestion reading={reading} />
    </div>
  )
}

function originText(t: TFunction, answer: ReadAnswer & { kind: 'read' }, fileName: string): string {
  const form = t(`import.read.form.${answer.form}`)
  const counted =
    answer.form === 'hex' || answer.form === 'base64'
      ? t('import.read.characters', { form, count: answer.characters })
      : form
  return fileName === '' ? counted : t('common.labelled', { label: fileName, text: counted })
}

type FromProps = { readonly source: Source; readonly reading: MaterialReading }

function FromSource({ source, reading }: FromProps) {
  const { t } = useTranslation()
  const { isBusy, fileName, readFile, readText, readShares } = reading
  switch (source) {
    case 'choose':
      return <DropZone chosen={fileName} onFile={(file) => void readFile(file)} />
    case 'paste':
      return <Paste onRead={(field) => void readText(field)} />
    case 'shares':
      return (
        <SharesForm
          isBusy={isBusy}
          action={t('import.read.rebuild')}
          onShares={(texts) => void readShares(texts)}
        />
      )
  }
}

type RefusalProps = {
  readonly refused: Refused
  readonly fileName: string
  readonly unchanged: string
}

function Refusal({ refused, fileName, unchanged }: RefusalProps) {
  const { t } = useTranslation()
  const refusalWords = useReadRefusal()
  const { text, command } = refusalWords(refused, fileName)
  return (
    <Banner tone="danger">
      <p>{text}</p>
      {command !== undefined && <pre className="code">{command}</pre>}
      <p>
        <b>{'command' in refused.values ? t('import.unchanged.file') : unchanged}</b>
      </p>
    </Banner>
  )
}

function Paste({ onRead }: { readonly onRead: (field: HTMLTextAreaElement | null) => void }) {
  const { t } = useTranslation()
  const form = useEmptied()
  const field = useRef<HTMLTextAreaElement>(null)
  return (
    <form
      ref={form}
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        onRead(field.current)
      }}
    >
      <div className="field">
        <label htmlFor="pasted-material">{t('import.read.paste')}</label>
        <textarea
          ref={field}
          id="pasted-material"
          className="input area mono"
          rows={5}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby="pasted-material-hint"
        />
        <p id="pasted-material-hint" className="hint">
          {t('import.read.pasteHint')}
        </p>
      </div>
      <Button type="submit">{t('import.read.readIt')}</Button>
    </form>
  )
}
