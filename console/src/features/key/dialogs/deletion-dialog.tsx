/** Keys, deleted after a waiting period: until then it can be undone. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { deletionDays } from '../../../../../src/domain/rules.ts'
import * as kms from '../../../api/kms.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { ConfirmDialog } from '../../../parts/controls/confirm-dialog.tsx'
import { TextField } from '../../../parts/controls/field.tsx'
import { download } from '../../../parts/data/download.ts'
import { fullTime, shortDay, wholeNumber } from '../../../parts/data/format.ts'
import { useNow } from '../../../parts/data/time.tsx'
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
  const now = useNow(10_000)
  const [typed, setTyped] = useState('')
  const [days, setDays] = useState(String(deletionDays.usual))
  const [only] = keys
  const count = Number(days)
  const isRight = /^\d+$/.test(days) && count >= deletionDays.min && count <= deletionDays.max
  const range = { min: deletionDays.min, max: wholeNumber(deletionDays.max) }
  const at = now + count * dayMs
  const reason = !isRight
    ? t('danger.days', range)
    : !isTyped(typed)
      ? t('danger.typeFirst')
      : undefined
  const schedule = async (): Promise<void> => {
    await each.run(
      keys,
      (key) => kms.scheduleDeletion(key.id, count),
      (key) => t('message.deletionScheduled', { alias: nameOf(key), date: shortDay(at) }),
    )
  }
  const savePublicKey = async (): Promise<void> => {
    if (only)
      download(
        `holdfast-${nameOf(only)}.pem`,
        'application/x-pem-file',
        await kms.publicKey(only.id),
      )
  }
  return (
    <ConfirmDialog
      title={
        keys.length === 1 && only
          ? t('danger.deletion.title', { name: nameOf(only) })
          : t('danger.deletion.titleMany', { n: keys.length, count: keys.length })
      }
      lead={isRight ? t('danger.deletion.lead', { date: fullTime(at) }) : t('danger.days', range)}
      onClose={onClose}
      refusal={<FailureList failures={each.failures} />}
      keep={t('danger.deletion.keep', { count: keys.length })}
      action={t('actions.scheduleDeletion')}
      destroys
      busy={each.isBusy}
      reason={reason}
      onConfirm={() => void schedule()}
    >
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
      {keys.length === 1 && only && <Evidence item={only} />}
      {keys.length > 1 && <KeyList keys={keys} />}
      {keys.length === 1 && only && isPair(only.spec) && only.material_version !== null && (
        <p>
          <Button small icon="download" onClick={() => void savePublicKey()}>
            {t('publicKey.download')}
          </Button>
        </p>
      )}
      <TextField
        label={t('danger.waitingPeriod', range)}
        value={days}
        inputMode="numeric"
        error={isRight ? undefined : t('danger.days', range)}
        onChange={(event) => setDays(event.target.value.trim())}
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
      <TypeDelete value={typed} onChange={setTyped} />
    </ConfirmDialog>
  )
}
