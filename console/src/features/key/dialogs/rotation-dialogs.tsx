/** What is asked before a key is rotated, or before it no longer rotates by itself. */
import { useTranslation } from 'react-i18next'
import * as kms from '../../../api/kms.ts'
import { nameOf } from '../key-name.ts'
import type { DialogProps } from './dialog-props.ts'
import { SimpleDialog, titleValues } from './simple-dialog.tsx'

export function RotateDialog(props: DialogProps) {
  const { t } = useTranslation()
  const version = props.keys[0]?.material_version ?? 1
  return (
    <SimpleDialog
      {...props}
      title={t('danger.rotate.title', titleValues(props.keys))}
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

export function StopRotationDialog(props: DialogProps) {
  const { t } = useTranslation()
  return (
    <SimpleDialog
      {...props}
      title={t('danger.stopRotation.title', titleValues(props.keys))}
      lead={t('danger.stopRotation.lead')}
      action={t('rotation.turnOff')}
      keep={t('danger.stopRotation.keep')}
      run={(key) => kms.disableRotation(key.id)}
      said={(key) => t('danger.stopRotation.said', { alias: nameOf(key) })}
    />
  )
}
