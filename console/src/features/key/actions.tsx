/**
 * What is done to keys, each with its dialog. What may be done at all is decided by the server;
 * here it is said what will follow.
 */
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../api/admin.ts'
import * as kms from '../../api/kms.ts'
import { DeleteMaterialDialog } from './dialogs/delete-material-dialog.tsx'
import { DeletionDialog } from './dialogs/deletion-dialog.tsx'
import { SimpleDialog } from './dialogs/simple-dialog.tsx'
import { TagDialog } from './dialogs/tag-dialog.tsx'
import { nameOf } from './key-name.ts'

export type PlannedAction = {
  readonly kind:
    | 'disable'
    | 'enable'
    | 'delete-material'
    | 'schedule-deletion'
    | 'cancel-deletion'
    | 'rotate'
    | 'stop-rotation'
    | 'tag'
  readonly keys: readonly KeyCard[]
}

type Props = {
  readonly action: PlannedAction
  readonly onClose: () => void
  readonly onDone: () => void
}

export function KeyActionDialog({ action, onClose, onDone }: Props) {
  const { t } = useTranslation()
  const { keys } = action
  const props = { keys, onClose, onDone }
  const names = {
    name: keys.length === 1 && keys[0] ? nameOf(keys[0]) : '',
    count: keys.length,
    n: keys.length,
  }
  switch (action.kind) {
    case 'delete-material':
      return <DeleteMaterialDialog {...props} />
    case 'schedule-deletion':
      return <DeletionDialog {...props} />
    case 'tag':
      return <TagDialog {...props} />
    case 'disable':
      return (
        <SimpleDialog
          {...props}
          title={
            keys.length === 1
              ? t('danger.disable.title', names)
              : t('danger.disable.titleMany', names)
          }
          lead={t('danger.disable.lead')}
          action={t('actions.disable')}
          keep={t('danger.disable.keep')}
          run={(key) => kms.disableKey(key.id)}
          said={(key) => t('message.disabled', { alias: nameOf(key) })}
          withEvidence
        />
      )
    case 'enable':
      return (
        <SimpleDialog
          {...props}
          title={
            keys.length === 1
              ? t('danger.enable.title', names)
              : t('danger.enable.titleMany', names)
          }
          lead={t('danger.enable.lead')}
          action={t('actions.enable')}
          keep={t('common.cancel')}
          run={(key) => kms.enableKey(key.id)}
          said={(key) => t('danger.enable.said', { alias: nameOf(key) })}
        />
      )
    case 'cancel-deletion':
      return (
        <SimpleDialog
          {...props}
          title={t('danger.cancelDeletion.title', names)}
          lead={t('danger.cancelDeletion.lead')}
          action={t('actions.cancelDeletion')}
          keep={t('danger.cancelDeletion.keep')}
          run={(key) => kms.cancelDeletion(key.id)}
          said={(key) =>
            t('message.deletionCancelled', {
              alias: nameOf(key),
              status: t(
                key.material_version === null ? 'status.pending-import' : 'status.disabled',
              ),
            })
          }
        />
      )
    case 'rotate': {
      const version = keys[0]?.material_version ?? 1
      return (
        <SimpleDialog
          {...props}
          title={t('danger.rotate.title', names)}
          lead={
            version === 1
              ? t('danger.rotate.leadFirst')
              : t('danger.rotate.lead', { next: version + 1, last: version })
          }
          action={t('actions.rotateNow')}
          keep={t('common.cancel')}
          run={(key) => kms.rotateNow(key.id)}
          said={(key) => t('danger.rotate.said', { alias: nameOf(key), version: version + 1 })}
        />
      )
    }
    case 'stop-rotation':
      return (
        <SimpleDialog
          {...props}
          title={t('danger.stopRotation.title', names)}
          lead={t('danger.stopRotation.lead')}
          action={t('rotation.turnOff')}
          keep={t('danger.stopRotation.keep')}
          run={(key) => kms.disableRotation(key.id)}
          said={(key) => t('danger.stopRotation.said', { alias: nameOf(key) })}
        />
      )
  }
}
