/** The imported material of a key, erased: only the same material brings it back. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describeKey } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { ConfirmDialog } from '../../../parts/controls/confirm-dialog.tsx'
import { CheckField } from '../../../parts/controls/field.tsx'
import { Evidence } from '../evidence.tsx'
import { nameOf } from '../key-name.ts'
import { isHmac } from '../kinds.ts'
import type { DialogProps } from './dialog-props.ts'
import { FailureList } from './key-list.tsx'
import { useEach } from './run-each.ts'
import { isTyped, TypeDelete } from './type-delete.tsx'

export function DeleteMaterialDialog({ keys, onClose, onDone }: DialogProps) {
  const { t } = useTranslation()
  const each = useEach(onDone)
  const [typed, setTyped] = useState('')
  const [withoutDrill, setWithoutDrill] = useState(false)
  const [given] = keys
  const fresh = useQuery({
    queryKey: ['key', given?.id],
    queryFn: () => describeKey(given?.id ?? ''),
    enabled: given !== undefined,
  })
  const key = fresh.data ?? given
  if (key === undefined) return null
  const reason = !isTyped(typed)
    ? t('danger.typeFirst')
    : key.needs_drill && !withoutDrill
      ? t('danger.confirmNoDrill')
      : undefined
  const erase = async (): Promise<void> => {
    await each.run(
      [key],
      (one) => kms.deleteMaterial(one.id),
      (one) => t('message.materialDeleted', { alias: nameOf(one) }),
    )
  }
  return (
    <ConfirmDialog
      title={t('danger.deleteMaterial.title', { name: nameOf(key) })}
      lead={
        isHmac(key.spec) ? t('danger.deleteMaterial.stopsMac') : t('danger.deleteMaterial.stops')
      }
      onClose={onClose}
      refusal={<FailureList failures={each.failures} />}
      keep={t('danger.deleteMaterial.keep')}
      action={t('actions.deleteMaterial')}
      destroys
      busy={each.isBusy}
      reason={reason}
      onConfirm={() => void erase()}
    >
      <p>{t('danger.deleteMaterial.stays')}</p>
      <p>
        {isHmac(key.spec) ? t('danger.deleteMaterial.backMac') : t('danger.deleteMaterial.back')}
      </p>
      <Evidence item={key} />
      {key.needs_drill && (
        <CheckField
          label={t('danger.withoutDrill')}
          checked={withoutDrill}
          onChange={(event) => setWithoutDrill(event.target.checked)}
        />
      )}
      <TypeDelete value={typed} onChange={setTyped} />
    </ConfirmDialog>
  )
}
