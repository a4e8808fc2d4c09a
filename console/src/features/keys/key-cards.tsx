/** The list of keys on a narrow screen: alias, status, expiry, one menu. */
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { KeyCard } from '../../api/admin.ts'
import { Items } from '../../parts/data/rows.tsx'
import { StatusLines } from '../../parts/data/status.tsx'
import { RelativeTime } from '../../parts/data/time.tsx'
import type { PlannedAction } from '../key/actions.tsx'
import { Expiry } from '../key/expiry.tsx'
import { RowMenu } from './row-menu.tsx'

type Props = {
  readonly keys: readonly KeyCard[]
  readonly onAction: (action: PlannedAction) => void
}

export function KeyCards({ keys, onAction }: Props) {
  const { t } = useTranslation()
  return (
    <ul className="key-cards only-narrow">
      <Items of={keys} name={(key) => key.id}>
        {(key) => (
          <li className="key-card">
            <div className="line">
              <Link href={`/keys/${key.id}`} className="break card-name">
                {key.alias ?? key.id}
              </Link>
              <span className="grow">
                <RowMenu item={key} onAction={onAction} />
              </span>
            </div>
            <div className="line">
              <StatusLines item={key} />
              <span className="mono grow">{key.spec}</span>
            </div>
            <dl className="card-facts">
              <dt>{t('words.expires')}</dt>
              <dd>
                <Expiry item={key} />
              </dd>
              <dt>{t('words.lastUsed')}</dt>
              <dd>
                {key.last_used_at === null ? (
                  t('keys.never')
                ) : (
                  <RelativeTime at={key.last_used_at} />
                )}
              </dd>
            </dl>
          </li>
        )}
      </Items>
    </ul>
  )
}
