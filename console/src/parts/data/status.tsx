/** The state of a key: a shape, a word and a colour, never a dot alone. */
import { useTranslation } from 'react-i18next'
import type { Key, KeyState } from '../../api/admin.ts'
import type { Tone } from '../page/banner.tsx'
import { Icon, type IconName } from '../page/icon.tsx'
import { shortTime } from './format.ts'
import { needsItsMaterial } from './was-held.ts'

const looks: Readonly<Record<KeyState, readonly [IconName, Tone]>> = {
  enabled: ['enabled', 'ok'],
  disabled: ['bar', 'neutral'],
  'pending-import': ['pending', 'info'],
  'pending-deletion': ['clock', 'danger'],
}

export function Status({ state }: { readonly state: KeyState }) {
  const { t } = useTranslation()
  const [icon, tone] = looks[state]
  return (
    <span className={`status ${tone}`}>
      <Icon name={icon} />
      {t(`status.${state}`)}
    </span>
  )
}

/** The state with the line under it: a date, a warning. */
export function StatusLines({ item }: { readonly item: Key }) {
  const { t } = useTranslation()
  const expired = item.state === 'pending-import' && item.expires_at !== null
  return (
    <>
      <Status state={item.state} />
      {item.deletion_at !== null && (
        <span className="under danger-text">{shortTime(item.deletion_at)}</span>
      )}
      {needsItsMaterial(item) && (
        <span className="under">
          <span className="flag warning-text">
            <Icon name="broken" />
            {expired ? t('status.expired') : t('status.needsMaterial')}
          </span>
        </span>
      )}
    </>
  )
}

export function Source({ origin }: { readonly origin: Key['origin'] }) {
  const { t } = useTranslation()
  return (
    <span className="source">
      <Icon name={origin === 'external' ? 'external' : 'made'} />
      {t(`origin.${origin}`)}
    </span>
  )
}
