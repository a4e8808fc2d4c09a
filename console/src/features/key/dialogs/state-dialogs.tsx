/** What is asked before keys are disabled or enabled, or their deletion is cancelled. */
import { useTranslation } from 'react-i18next'
import * as kms from '../../../api/kms.ts'
import { nameOf } from '../key-name.ts'
import type { DialogProps } from './dialog-props.ts'
import { SimpleDialog, titleValues } from './simple-dialog.tsx'

export function DisableDialog(props: DialogProps) {
  const { t } = useTranslation()
  const names = titleValues(props.keys)
  return (
    <SimpleDialog
      {...props}
      title={t(
        props.keys.length === 1 ? 'danger.disable.title' : 'danger.disable.titleMany',
        names,
      )}
      lead={t('danger.disable.lead')}
      action={t('actions.disable')}
      keep={t('danger.disable.keep')}
      run={(key) => kms.disableKey(key.id)}
      said={(key) => t('message.disabled', { alias: nameOf(key) })}
      withEvidence
    />
  )
}

export function EnableDialog(props: DialogProps) {
  const { t } = useTranslation()
  const names = titleValues(props.keys)
  return (
    <SimpleDialog
      {...props}
      title={t(props.keys.length === 1 ? 'danger.enable.title' : 'danger.enable.titleMany', names)}
      lead={t('danger.enable.lead')}
      action={t('actions.enable')}
      keep={t('common.cancel')}
      run={(key) => kms.enableKey(key.id)}
      said={(key) => t('danger.enable.said', { alias: nameOf(key) })}
    />
  )
}

export function CancelDeletionDialog(props: DialogProps) {
  const { t } = useTranslation()
  return (
    <SimpleDialog
      {...props}
      title={t('danger.cancelDeletion.title', titleValues(props.keys))}
      lead={t('danger.cancelDeletion.lead')}
      action={t('actions.cancelDeletion')}
      keep={t('danger.cancelDeletion.keep')}
      run={(key) => kms.cancelDeletion(key.id)}
      said={(key) =>
        t('message.deletionCancelled', {
          alias: nameOf(key),
          status: t(key.material_version === null ? 'status.pending-import' : 'status.disabled'),
        })
      }
    />
  )
}
