/** The keys that a dialog is about, each with its last use; and those of them that failed. */
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../api/admin.ts'
import { Banner } from '../../parts/banner.tsx'
import { RelativeTime } from '../../parts/time.tsx'
import { useRefusalText } from '../../refusal.ts'
import { nameOf } from './actions.tsx'
import type { Failure } from './run-each.ts'

export function KeyList({ keys }: { readonly keys: readonly KeyCard[] }) {
  const { t } = useTranslation()
  return (
    <ul className="key-list">
      {keys.map((key) => (
        <li key={key.id}>
          <b className="break">{nameOf(key)}</b>
          <span className="soft small">
            {key.last_used_at === null ? (
              t('evidence.neverUsed')
            ) : (
              <>
                {t('words.lastUsed')} <RelativeTime at={key.last_used_at} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}

export function FailureList({ failures }: { readonly failures: readonly Failure[] }) {
  const text = useRefusalText()
  return (
    <div role="alert">
      {failures.map(({ key, error }) => (
        <Banner key={key.id} tone="danger">
          <p>
            <b className="break">{nameOf(key)}</b>: {text(error)}
          </p>
        </Banner>
      ))}
    </div>
  )
}
