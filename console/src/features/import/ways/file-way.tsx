/**
 * Material from a file, a paste, a backup or shares. The page says what it read; where two
 * readings fit, the person chooses.
 */

import type { TFunction } from 'i18next'
import { type DragEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { tooLarge } from '../../../../../src/custody/material/verdicts.ts'
import type { KeyCard } from '../../../api/admin.ts'
import { useHold } from '../../../app/history.ts'
import type { Facts, ReadAnswer, Refused, Reply } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { RadioCards } from '../../../parts/controls/field.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { isPair } from '../../key/kinds.ts'
import { FactsPanel } from '../steps/facts-panel.tsx'
import { useReadRefusal } from './read-refusal.ts'
import { SecretField } from './secret-field.tsx'
import { SharesForm } from './shares-form.tsx'
import { targetOf } from './target.ts'
import { useEmptied } from './use-emptied.ts'
import { type Material, useMaterialWork } from './use-material.ts'

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
  const refusalWords = useReadRefusal()
  const [source, setSource] = useState<Source>('choose')
  const [answer, setAnswer] = useState<ReadAnswer>()
  const [wrong, setWrong] = useState<Refused>()
  const [fileName, setFileName] = useState('')
  const { isBusy, run } = useMaterialWork()
  const isSecret = !isPair(item.spec)

  const take = async (asked: Promise<ReadAnswer>): Promise<void> => {
    setWrong(undefined)
    await run(
      async () => {
        const next = await asked
        // A wrong passphrase leaves the question as it is.
        if (next.kind === 'refused' && isWrongKey(next)) return setWrong(next)
        setAnswer(next)
        onFacts(next.kind === 'read' ? next.facts : undefined)
      },
      () => setAnswer(undefined),
    )
  }
  const readFile = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return
    onFacts(undefined)
    setFileName(file.name)
    const large = tooLarge(file.size)
    if (large !== undefined) return setAnswer(large)
    const bytes = await file.arrayBuffer()
    await take(
      material.client().ask('read', { target: targetOf(item), bytes, isText: false }, [bytes]),
    )
  }
  /** What a person typed stays until it is read: an error takes nothing away. */
  const readText = async (field: HTMLTextAreaElement | null): Promise<void> => {
    if (field === null) return
    const bytes = new TextEncoder().encode(field.value).buffer as ArrayBuffer
    setFileName('')
    onFacts(undefined)
    const asked = material
      .client()
      .ask('read', { target: targetOf(item), bytes, isText: true }, [bytes])
    // The page keeps no copy that it knows of once the worker has it.
    const emptied = asked.then((answer) => {
      if (answer.kind !== 'refused') field.value = ''
      return answer
    })
    await take(emptied)
  }
  const reply = (said: Reply): void => void take(material.client().ask('reply', { reply: said }))
  const again = (): void => {
    setAnswer(undefined)
    setWrong(undefined)
    onFacts(undefined)
  }
  const change = (next: Source): void => {
    setSource(next)
    again()
  }
  // The worker has it as it has what was read: only how to read it is open.
  const isAsking = answer?.kind === 'ask' || answer?.kind === 'line-break'
  const overwrite = (): void => {
    again()
    material.lose()
  }
  useHold(isAsking ? { kind: 'material', checkValue: null, overwrite } : undefined)
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
          .filter((one) => one !== 'shares' || isSecret)
          .map((one) => ({ value: one, title: t(`import.source.${one}`) }))}
      />
      {source === 'choose' && <DropZone chosen={fileName} onFile={(file) => void readFile(file)} />}
      {source === 'paste' && <Paste onRead={(field) => void readText(field)} />}
      {source === 'shares' && (
        <SharesForm
          isBusy={isBusy}
          action={t('import.read.rebuild')}
          onShares={(texts) =>
            void take(material.client().ask('readShares', { target: targetOf(item), texts }))
          }
        />
      )}
      <div role="alert">
        {answer?.kind === 'refused' && (
          <Refusal
            words={refusalWords(answer, fileName)}
            unchanged={'command' in answer.values ? t('import.unchanged.file') : unchanged}
          />
        )}
      </div>
      {answer?.kind === 'ask' && (
        <Panel title={t('import.read.ask')} padded>
          <p className="soft">{t('import.read.askText')}</p>
          <p className="line">
            {answer.readings.map((reading) => (
              <Button key={reading} onClick={() => reply({ reading })}>
                {t(`import.read.reading.${reading}`)}
              </Button>
            ))}
          </p>
        </Panel>
      )}
      {answer?.kind === 'line-break' && (
        <Banner
          tone="warning"
          live="polite"
          action={
            <span className="line">
              <Button small kind="primary" onClick={() => reply({ leaveOutLineBreak: true })}>
                {t('import.read.leaveOut')}
              </Button>
              <Button small onClick={again}>
                {t('import.read.chooseOther')}
              </Button>
            </span>
          }
        >
          <p>{t('import.read.lineBreak', { count: answer.sizeBytes })}</p>
        </Banner>
      )}
      {answer?.kind === 'passphrase' && (
        <Panel title={t(`import.read.locked.${answer.of}`)} padded>
          <SecretField
            label={answer.of === 'age' ? t('import.read.agePassphrase') : t('words.passphrase')}
            action={t('import.read.open')}
            isBusy={isBusy}
            error={wrong === undefined ? undefined : refusalWords(wrong).text}
            onSecret={(passphrase) => reply({ passphrase })}
          />
        </Panel>
      )}
    </div>
  )
}

/** The file is right, and what was typed does not open it. */
function isWrongKey({ reason }: Refused): boolean {
  const wrong = [
    'passphrase-wrong',
    'age-passphrase',
    'age-identity',
    'age-takes-passphrase',
    'age-takes-identity',
  ]
  return wrong.includes(reason) || /^(?:identity|typed)-/.test(reason)
}

function originText(t: TFunction, answer: ReadAnswer & { kind: 'read' }, fileName: string): string {
  const form = t(`import.read.form.${answer.form}`)
  const counted =
    answer.form === 'hex' || answer.form === 'base64'
      ? t('import.read.characters', { form, count: answer.characters })
      : form
  return fileName === '' ? counted : `${fileName}: ${counted}`
}

export function Refusal({
  words,
  unchanged,
}: {
  readonly words: { readonly text: string; readonly command?: string }
  readonly unchanged: string
}) {
  return (
    <Banner tone="danger">
      <p>{words.text}</p>
      {words.command !== undefined && <pre className="code">{words.command}</pre>}
      <p>
        <b>{unchanged}</b>
      </p>
    </Banner>
  )
}

type Drop = {
  /** Name of the file that was read last; empty where none was. */
  readonly chosen: string
  readonly onFile: (file: File | undefined) => void
}

function DropZone({ chosen, onFile }: Drop) {
  const { t } = useTranslation()
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    onFile(event.dataTransfer.files[0])
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut for those with a mouse; the button does the same.
    <div
      className={`drop-zone${isOver ? ' over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p>{chosen === '' ? t('import.read.drop') : <bdi className="mono break">{chosen}</bdi>}</p>
      <Button icon="upload" onClick={() => input.current?.click()}>
        {t('import.read.choose')}
      </Button>
      <input
        ref={input}
        type="file"
        className="sr-only"
        tabIndex={-1}
        aria-label={t('import.read.choose')}
        onChange={(event) => {
          onFile(event.target.files?.[0])
          // The same file may be chosen again.
          event.target.value = ''
        }}
      />
      <p className="small soft">{t('import.read.formats')}</p>
    </div>
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
