/** What owners compare with their backup: in groups, with a button that copies it. */
import { useTranslation } from 'react-i18next'
import { Copied } from '../controls/copy.tsx'
import { groupedHex } from './format.ts'

export function CheckValue({ hex }: { readonly hex: string }) {
  const { t } = useTranslation()
  return <Copied name={t('words.checkValue')} value={groupedHex(hex)} />
}

export function Fingerprint({ hex }: { readonly hex: string }) {
  const { t } = useTranslation()
  return <Copied name={t('words.fingerprint')} value={hex} shown={groupedHex(hex)} />
}
