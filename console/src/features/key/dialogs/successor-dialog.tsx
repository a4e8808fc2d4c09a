/**
 * A new key with its own material, to which the alias of this one moves; this one stays for
 * decryption.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { createSuccessor, type KeyCard } from '../../../api/admin.ts'
import { useRefusalText } from '../../../api/refusal.ts'
import { ConfirmDialog } from '../../../parts/controls/confirm-dialog.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { Evidence } from '../evidence.tsx'
import { nameOf } from '../key-name.ts'

export function SuccessorDialog({
  item,
  onClose,
}: {
  readonly item: KeyCard
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const create = async (): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      const made = await createSuccessor(item.id)
      await client.invalidateQueries()
      go(`/keys/${made.id}/import`)
    } catch (refusal) {
      setError(refusal)
      setBusy(false)
    }
  }
  return (
    <ConfirmDialog
      title={t('successor.title', { name: nameOf(item) })}
      lead={t('successor.lead')}
      onClose={onClose}
      refusal={
        <SubmitError cause={error} text={error !== undefined ? refusalText(error) : undefined} />
      }
      keep={t('common.cancel')}
      action={t('successor.create')}
      busy={isBusy}
      onConfirm={() => void create()}
    >
      <p>{t('successor.old')}</p>
      <p>{t('successor.byId')}</p>
      <Evidence item={item} />
    </ConfirmDialog>
  )
}
