/** Keys, deleted after a waiting period: until then it can be undone. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { deletionDays } from '../../../../../src/domain/rules.ts'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { useRefusalText } from '../../../api/refusal.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { ConfirmDialog } from '../../../parts/controls/confirm-dialog.tsx'
import { TextField } from '../../../parts/controls/field.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { download } from '../../../parts/data/download.ts'
import { fullTime, shortDay, wholeNumber } from '../../../parts/data/format.ts'
import { useNow } from '../../../parts/data/time.tsx'
import { typedDays } from '../../../parts/data/typed-days.ts'
import { Evidence } from '../evidence.tsx'
import { nameOf } from '../key-name.ts'
import { isHmac, isPair } from '../kinds.ts'
import type { DialogProps } from './dialog-props.ts'
import { FailureList, KeyList } from './key-list.tsx'
import { useEach } from './run-each.ts'
import { isTyped, TypeDelete } from './type-delete.tsx'

const dayMs = 86_400_000

export function DeletionDialog({ keys, onClose, onDone }: DialogProps) {
  const { t } = useTranslation()
  const each = useEach(onDone)
  const period = useWaitingPeriod()
  const [typed, setTyped] = useState('')
  const [first] = keys
  const only = keys.length === 1 ? first : undefined
  const reason = period.objection ?? (isTyped(typed) ? undefined : t('danger.typeFirst'))
  const schedule = async (): Promise<void> => {
    await each.run(
      keys,
      (key) => kms.scheduleDeletion(key.id, period.count),
      (key) =>
        t('message.deletionScheduled', { alias: nameOf(key), date: shortDay(period.endsAt) }),
    )
  }
  return (
    <ConfirmDialog
      title={
        only
          ? t('danger.deletion.title', { name: nameOf(only) })
          : t('danger.deletion.titleMany', { n: keys.length, count: keys.length })
      }
      lead={period.objection ?? t('danger.deletion.lead', { date: fullTime(period.endsAt) })}
      onClose={onClose}
      refusal={<FailureList failures={each.failures} />}
      keep={t('danger.deletion.keep', { count: keys.length })}
      action={t('actions.scheduleDeletion')}
      destroys
      busy={each.isBusy}
      reason={reason}
      onConfirm={() => void schedule()}
    >
      <Consequences keys={keys} />
      {only && <Evidence item={only} />}
      {keys.length > 1 && <KeyList keys={keys} />}
      {only && isPair(only.spec) && only.material_version !== null && (
        <PublicKeyDownload item={only} />
      )}
      <WaitingPeriodField period={period} />
      <TypeDelete value={typed} onChange={setTyped} />
    </ConfirmDialog>
  )
}

type WaitingPeriod = {
  /** As typed. */
  readonly days: string
  readonly setDays: (days: string) => void
  readonly count: number
  /** When it ends if it begins now. */
  readonly endsAt: number
  /** Why it cannot be what was typed. */
  readonly objection: string | undefined
}

/** Values for the texts about the waiting period. */
function range(): { readonly min: number; readonly max: string } {
  return { min: deletionDays.min, max: wholeNumber(deletionDays.max) }
}

function useWaitingPeriod(): WaitingPeriod {
  const { t } = useTranslation()
  const now = useNow(10_000)
  const [days, setDays] = useState(String(deletionDays.usual))
  const count = Number(days)
  const objection =
    typedDays(days, deletionDays) === undefined ? t('danger.days', range()) : undefined
  return { days, setDays, count, endsAt: now + count * dayMs, objection }
}

function WaitingPeriodField({ period }: { readonly period: WaitingPeriod }) {
  const { t } = useTranslation()
  return (
    <TextField
      label={t('danger.waitingPeriod', range())}
      value={period.days}
      inputMode="numeric"
      error={period.objection}
      onChange={(event) => period.setDays(event.target.value.trim())}
      onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
    />
  )
}

/** What can no longer be done without the keys, for each kind among them. */
function Consequences({ keys }: Pick<DialogProps, 'keys'>) {
  const { t } = useTranslation()
  return (
    <>
      {keys.some((key) => !isPair(key.spec) && !isHmac(key.spec)) && (
        <p>{t('danger.deletion.symmetric')}</p>
      )}
      {keys.some((key) => isHmac(key.spec)) && <p>{t('danger.deletion.mac')}</p>}
      {keys.some((key) => isPair(key.spec) && key.usage !== 'KEY_AGREEMENT') && (
        <p>{t('danger.deletion.pair')}</p>
      )}
      {keys.some((key) => key.usage === 'KEY_AGREEMENT') && <p>{t('danger.deletion.agreement')}</p>}
      {keys.some((key) => key.state === 'pending-import') && (
        <p>{t('danger.deletion.pendingImport')}</p>
      )}
    </>
  )
}

function PublicKeyDownload({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const [error, setError] = useState<unknown>()
  const save = async (): Promise<void> => {
    setError(undefined)
    try {
      const pem = await kms.publicKey(item.id)
      download(`holdfast-${nameOf(item)}.pem`, 'application/x-pem-file', pem)
    } catch (refusal) {
      setError(refusal)
    }
  }
  return (
    <>
      <p>
        <Button small icon="download" onClick={() => void save()}>
          {t('publicKey.download')}
        </Button>
      </p>
      <SubmitError cause={error} text={error === undefined ? undefined : refusalText(error)} />
    </>
  )
}
