/** When the material of a key stops, in a word: a date, never, permanent, expired. */
import { useTranslation } from 'react-i18next'
import type { Key } from '../../api/admin.ts'
import { ShortTime, useNow } from '../../parts/data/time.tsx'
import { Icon } from '../../parts/page/icon.tsx'

const soonMs = 60 * 86_400_000

export function Expiry({ item }: { readonly item: Key }) {
  const { t } = useTranslation()
  const now = useNow(60_000)
  if (item.permanent) return <span className="muted">{t('expiry.permanent')}</span>
  if (item.origin === 'made-here') return <span className="muted">{t('expiry.never')}</span>
  if (item.expires_at === null)
    return <span className="muted">{item.material_version === null ? '—' : t('expiry.never')}</span>
  if (item.expires_at - now > soonMs) return <ShortTime at={item.expires_at} />
  return (
    <span className="flag warning-text">
      <Icon name={item.expires_at <= now ? 'broken' : 'hourglass'} />
      <ShortTime at={item.expires_at} />
    </span>
  )
}
