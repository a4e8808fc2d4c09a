/** Everything once more; then the import, or the drill of what was wrapped elsewhere. */
import type { TFunction } from 'i18next'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describeKey, editKey, type KeyCard } from '../../../api/admin.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { fullTime } from '../../../parts/data/format.ts'
import { useNow } from '../../../parts/data/time.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { type Choices, expiryInstant, type Mode } from '../choices.ts'
import { fetchParameters } from '../ways/elsewhere-way.tsx'
import type { Material } from '../ways/use-material.ts'
import { StepBar } from '../wizard.tsx'
import type { Done, Whereabouts, WrappedElsewhere } from '../wizard-state.ts'
import { ReviewFacts } from './review-facts.tsx'
import { drillOpenedBackup, type Parcel, type Send, SendPanel, useSend } from './send.tsx'

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
  const { item, mode, choices, facts, isProved, onWhere, onDone } = props
  const { t } = useTranslation()
  const send = useSend()
  const now = useNow(1000)
  // It is imported, and what follows is still being written down: nothing is sent a second time.
  const [isFinishing, setFinishing] = useState(false)
  const expiresAt = item.permanent ? null : expiryInstant(choices, now)
  const isElsewhere = choices.way === 'elsewhere'
  const tokenOver = send.failure?.tokenOver
  const endedAt = useTokenRenewal(props, isElsewhere ? tokenOver : undefined)

  const submit = async (): Promise<void> => {
    const parcel = parcelOf(props)
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
  return (
    <div className="stack wide">
      <ReviewFacts {...props} expiresAt={expiresAt} />
      <p className="soft">
        {isElsewhere ? t('import.elsewhere.checked') : t('import.review.only')}
      </p>
      {endedAt !== undefined && tokenOver === 'ended' && (
        <Banner tone="warning" live="polite">
          <p>{t('message.tokenExpired', { time: fullTime(endedAt) })}</p>
        </Banner>
      )}
      <SendPanel send={send} unchanged={unchangedText(t, props, tokenOver)} />
      <ReviewBar
        mode={mode}
        isBusy={send.isBusy || isFinishing}
        onBack={props.onBack}
        onAgain={isElsewhere && tokenOver !== undefined ? props.onAgain : undefined}
        onSubmit={() => void submit()}
      />
    </div>
  )
}

function parcelOf({ choices, wrapped, material }: Props): Parcel {
  return choices.way === 'elsewhere' && wrapped !== undefined
    ? { kind: 'elsewhere', wrapped, token: choices.token }
    : { kind: 'page', client: material.client() }
}

type TokenOver = NonNullable<Send['failure']>['tokenOver']

/**
 * What was wrapped under a token that is over has to be wrapped again, under the key of a new one:
 * that is asked for here.
 * @param over of what was wrapped elsewhere.
 * @returns when the old token ended, once the new one is there.
 */
function useTokenRenewal(
  { item, mode, choices, choose }: Props,
  over: TokenOver,
): number | undefined {
  const [endedAt, setEndedAt] = useState<number>()
  const renew = useRef(async (): Promise<void> => {})
  renew.current = async () => {
    const ended = choices.tokenUntil ?? undefined
    choose(await fetchParameters(item, mode))
    setEndedAt(ended)
  }
  useEffect(() => {
    if (over !== undefined) void renew.current().catch(() => {})
  }, [over])
  return endedAt
}

function unchangedText(t: TFunction, { mode, unchanged }: Props, over: TokenOver): string {
  if (over !== undefined) return t('import.unchanged.notTwice')
  return mode === 'drill' ? t('import.unchanged.drill') : unchanged
}

type BarProps = {
  readonly mode: Mode
  readonly isBusy: boolean
  readonly onBack: () => void
  /** Given where it cannot be sent before it is wrapped again. */
  readonly onAgain: (() => void) | undefined
  readonly onSubmit: () => void
}

function ReviewBar({ mode, isBusy, onBack, onAgain, onSubmit }: BarProps) {
  const { t } = useTranslation()
  return (
    <StepBar>
      <Button onClick={onBack} reason={isBusy ? t('import.progress.title') : undefined} quietReason>
        {t('common.back')}
      </Button>
      {onAgain !== undefined ? (
        <Button kind="primary" onClick={onAgain}>
          {t('import.wrapAgain')}
        </Button>
      ) : (
        <Button kind="primary" busy={isBusy} onClick={onSubmit}>
          {mode === 'drill' ? t('import.drillNow') : t('actions.importMaterial')}
        </Button>
      )}
    </StepBar>
  )
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
