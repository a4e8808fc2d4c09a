/** Everything once more; then the import, or the drill of what was wrapped elsewhere. */
import type { TFunction } from 'i18next'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describeKey, editKey, type KeyCard } from '../../../api/admin.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CheckValue, Fingerprint } from '../../../parts/data/check-value.tsx'
import { fullTime } from '../../../parts/data/format.ts'
import { FullTime, useNow } from '../../../parts/data/time.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { Facts as FactList, Panel } from '../../../parts/page/panel.tsx'
import { nameOf } from '../../key/key-name.ts'
import { isPair } from '../../key/kinds.ts'
import { type Choices, expiryInstant, type Mode } from '../choices.ts'
import { fetchParameters } from '../ways/elsewhere-way.tsx'
import type { Material } from '../ways/use-material.ts'
import { StepBar } from '../wizard.tsx'
import type { Done, Whereabouts, WrappedElsewhere } from '../wizard-state.ts'
import { sizeText } from './facts-panel.tsx'
import { drillOpenedBackup, SendPanel, useSend } from './send.tsx'

type Props = {
  readonly item: KeyCard
  readonly mode: Mode
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly material: Material
  readonly facts: Facts | undefined
  readonly wrapped: WrappedElsewhere | undefined
  readonly isProved: boolean
  readonly unchanged: string
  readonly onWhere: (where: Whereabouts) => void
  readonly onBack: () => void
  /** Back to the material, which has to be wrapped again. */
  readonly onAgain: () => void
  readonly onDone: (done: Done) => void
}

export function ReviewStep(props: Props) {
  const {
    item,
    mode,
    choices,
    choose,
    material,
    facts,
    wrapped,
    isProved,
    unchanged,
    onWhere,
    onBack,
    onAgain,
    onDone,
  } = props
  const { t } = useTranslation()
  const send = useSend()
  const now = useNow(1000)
  const [endedAt, setEndedAt] = useState<number>()
  // It is imported, and what follows is still being written down: nothing is sent a second time.
  const [isFinishing, setFinishing] = useState(false)
  const isBusy = send.isBusy || isFinishing
  const expiresAt = item.permanent ? null : expiryInstant(choices, now)
  const isElsewhere = choices.way === 'elsewhere'

  const submit = async (): Promise<void> => {
    const parcel =
      isElsewhere && wrapped !== undefined
        ? { kind: 'elsewhere' as const, wrapped, token: choices.token }
        : { kind: 'page' as const, client: material.client() }
    if (mode === 'drill') {
      const at = await send.drill(item, parcel, onWhere)
      if (at !== undefined) onDone({ kind: 'drilled', at })
      return
    }
    if (!(await send.import(item, parcel, expiresAt, facts?.fingerprint ?? null, onWhere))) return
    setFinishing(true)
    if (choices.backup === 'place' && !isElsewhere) await keepPlace(item, choices.place)
    const drilledAt =
      isProved && parcel.kind === 'page'
        ? await drillOpenedBackup(item, parcel.client).catch(() => undefined)
        : undefined
    onDone({ kind: 'imported', expiresAt, drilledAt })
  }
  // What was wrapped under a token that is over has to be wrapped again, under the key of a new
  // one.
  const isOver = send.failure?.tokenOver
  const renew = useRef(async (): Promise<void> => {})
  renew.current = async () => {
    const ended = choices.tokenUntil ?? undefined
    choose(await fetchParameters(item, mode))
    setEndedAt(ended)
  }
  useEffect(() => {
    if (isOver !== undefined && isElsewhere) void renew.current().catch(() => {})
  }, [isOver, isElsewhere])
  const source = isElsewhere
    ? t('import.way.elsewhere')
    : choices.way === 'made-here'
      ? t('import.origin.made')
      : t('import.way.file')
  return (
    <div className="stack wide">
      <Panel>
        <FactList
          facts={[
            { name: t('words.key'), value: <span className="break">{nameOf(item)}</span> },
            { name: t('words.spec'), value: <span className="mono">{item.spec}</span> },
            facts !== undefined && {
              name: t('import.read.size'),
              value: sizeText(t, facts),
            },
            facts !== undefined &&
              facts.checkValue !== null && {
                name: t('words.checkValue'),
                value: <CheckValue hex={facts.checkValue} />,
              },
            facts !== undefined &&
              facts.fingerprint !== null && {
                name: t('words.fingerprint'),
                value: <Fingerprint hex={facts.fingerprint} />,
              },
            { name: t('words.source'), value: source },
            mode === 'import' &&
              !isElsewhere && {
                name: t('words.backup'),
                value: backupText(t, choices, isProved, item),
              },
            mode === 'import' && {
              name: t('words.expires'),
              value: item.permanent ? (
                t('import.review.permanent', { spec: item.spec })
              ) : expiresAt === null ? (
                t('expiry.never')
              ) : (
                <FullTime at={expiresAt} />
              ),
            },
            {
              name: t('import.review.wrapping'),
              value: isPair(item.spec)
                ? t('import.review.wrappingPair')
                : t('import.review.wrappingSymmetric'),
            },
          ]}
        />
      </Panel>
      <p className="soft">
        {isElsewhere ? t('import.elsewhere.checked') : t('import.review.only')}
      </p>
      {endedAt !== undefined && isOver === 'ended' && (
        <Banner tone="warning" live="polite">
          <p>{t('message.tokenExpired', { time: fullTime(endedAt) })}</p>
        </Banner>
      )}
      <SendPanel
        send={send}
        unchanged={
          isOver !== undefined
            ? t('import.unchanged.notTwice')
            : mode === 'drill'
              ? t('import.unchanged.drill')
              : unchanged
        }
      />
      <StepBar>
        <Button
          onClick={onBack}
          reason={isBusy ? t('import.progress.title') : undefined}
          quietReason
        >
          {t('common.back')}
        </Button>
        {isOver !== undefined && isElsewhere ? (
          <Button kind="primary" onClick={onAgain}>
            {t('import.wrapAgain')}
          </Button>
        ) : (
          <Button kind="primary" busy={isBusy} onClick={() => void submit()}>
            {mode === 'drill' ? t('import.drillNow') : t('actions.importMaterial')}
          </Button>
        )}
      </StepBar>
    </div>
  )
}

function backupText(t: TFunction, choices: Choices, isProved: boolean, item: KeyCard): string {
  if (choices.backup === 'place' && choices.place !== '') return choices.place
  if (isProved) return `${t(`import.backup.${choices.backup}`)}, ${t('import.backup.proved')}`
  return item.needs_drill ? t('evidence.noBackup') : t('import.review.drilled')
}

/** Where the backup is, with the key; a note is not worth failing an import that is done. */
async function keepPlace(item: KeyCard, place: string): Promise<void> {
  try {
    const { revision } = await describeKey(item.id)
    await editKey(item.id, { revision, backup_place: place })
  } catch {
    // It can be written down on the page of the key.
  }
}
