/** What owners compare with their backup: in groups, with a button that copies it. */
import { useTranslation } from 'react-i18next'
import { groupedHex } from '../format.ts'
import { CopyButton } from './copy.tsx'

export function CheckValue({ hex }: { readonly hex: string }) {
  const { t } = useTranslation()
  return (
    <span className="mono break">
      {groupedHex(hex)}
      <CopyButton value={groupedHex(hex)} name={t('words.checkValue')} />
    </span>
  )
}

export function Fingerprint({ hex }: { readonly hex: string }) {
  const { t } = useTranslation()
  return (
    <span className="mono break">
      {groupedHex(hex)}
      <CopyButton value={hex} name={t('words.fingerprint')} />
    </span>
  )
}
