/** When material that was imported stops working, in a list of facts. */
import { useTranslation } from 'react-i18next'
import { FullTime } from '../../../parts/data/time.tsx'

export function Expires({ at }: { readonly at: number | null }) {
  const { t } = useTranslation()
  return at === null ? t('expiry.never') : <FullTime at={at} />
}
