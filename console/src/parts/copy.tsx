/** A value with a button that copies it. Never used for key material. */
import { useTranslation } from 'react-i18next'
import { notify } from '../notices.ts'
import { IconButton } from './button.tsx'

export function CopyButton({ value, name }: { readonly value: string; readonly name: string }) {
  const { t } = useTranslation()
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value)
      notify('ok', t('common.copied', { name }))
    } catch {
      notify('warning', t('common.copyFailed', { name }))
    }
  }
  return <IconButton icon="copy" label={t('common.copyName', { name })} onClick={() => void copy()} />
}
