/**
 * What speaks for and against, inside the dialog: last use, calls, what points here, backup, dates.
 * Always in the same order.
 */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { describeKey, type KeyCard } from '../../api/admin.ts'
import { enumeration, wholeNumber } from '../../parts/data/format.ts'
import { FullTime, RelativeTime, ShortTime } from '../../parts/data/time.tsx'
import { Icon } from '../../parts/page/icon.tsx'
import { useOperationName } from '../audit/operation-name.ts'
import { useNames } from '../people/names.ts'
import { useKeyActions } from './use-key-actions.ts'

export function Evidence({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const lastCall = useLastCall(item)
  return (
    <dl className="evidence">
      <dt>{t('words.lastUsed')}</dt>
      <dd>
        {item.last_used_at === null ? (
          t('evidence.neverUsed')
        ) : (
          <>
            <RelativeTime at={item.last_used_at} /> · {lastCall}
            <span className="fact-more">
              <FullTime at={item.last_used_at} />
            </span>
          </>
        )}
      </dd>
      <Calls item={item} />
      <dt>{t('evidence.pointsHere')}</dt>
      <dd>
        <PointsHere item={item} />
      </dd>
      {item.origin === 'external' && (
        <>
          <dt>{t('words.backup')}</dt>
          <dd className={item.needs_drill ? 'warning-text' : undefined}>
            <Backup item={item} />
          </dd>
        </>
      )}
      {item.expires_at !== null && (
        <>
          <dt>{t('words.expires')}</dt>
          <dd>
            <ShortTime at={item.expires_at} />
          </dd>
        </>
      )}
    </dl>
  )
}

/** The last call of a key: its operation and who made it. */
export function useLastCall({ last_operation, last_principal }: KeyCard): string {
  const { t } = useTranslation()
  const operation = useOperationName()
  const name = useNames()
  return t('evidence.by', {
    operation: operation(last_operation ?? ''),
    caller: name(last_principal),
  })
}

/** How many calls a key had in the last day and the last month, and from how many callers. */
export function useCallCounts({ last_day: day, last_month: month }: KeyCard): string {
  const { t } = useTranslation()
  return t('evidence.callCounts', {
    day: wholeNumber(day.allowed + day.refused),
    month: wholeNumber(month.allowed + month.refused),
    callers: wholeNumber(month.callers),
    count: month.callers,
  })
}

/** A key that was called within the last day is in use: it is better disabled first. */
function Calls({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const counts = useCallCounts(item)
  const isInUse = item.last_day.allowed + item.last_day.refused > 0
  return (
    <>
      <dt>{t('evidence.calls')}</dt>
      <dd className={isInUse ? 'warning-text' : undefined}>
        {isInUse && <Icon name="warning" />} {counts}
        {isInUse && item.state === 'enabled' && (
          <span className="under">{t('evidence.disableFirst')}</span>
        )}
      </dd>
    </>
  )
}

/** The aliases of a key and how many grants it has, as the server has them now. */
export function PointsHere({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const found = useQuery({ queryKey: ['key', item.id], queryFn: () => describeKey(item.id) })
  if (found.data === undefined)
    return found.error === null ? t('common.loading') : t('evidence.unknown')
  const { alias, aliases, grants } = found.data
  const names = [...(alias === null ? [] : [alias]), ...aliases.map((one) => one.alias)]
  return (
    <>
      <span className="break">
        {names.length === 0
          ? t('aliases.none')
          : t('evidence.aliases', { count: names.length, names: enumeration(names) })}
      </span>
      <span className="under">
        {grants === 0 ? (
          t('evidence.noGrants')
        ) : (
          <Link href={`/keys/${item.id}/grants`}>
            {t('evidence.grants', { count: grants, n: wholeNumber(grants) })}
          </Link>
        )}
      </span>
    </>
  )
}

/** Whether somebody has proved that a backup exists, and how to. */
export function Backup({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const name = useNames()
  const { can } = useKeyActions(item)
  if (item.drilled_at === null)
    return (
      <>
        <Icon name="warning" /> {t('evidence.noBackup')}{' '}
        {can('drill') && <Link href={`/keys/${item.id}/drill`}>{t('evidence.runDrill')}</Link>}
      </>
    )
  return (
    <>
      {item.needs_drill && <Icon name="warning" />}{' '}
      {t('evidence.drilledBy', { name: name(item.drilled_by) })} <ShortTime at={item.drilled_at} />{' '}
      {item.needs_drill && <Link href={`/keys/${item.id}/drill`}>{t('evidence.runDrill')}</Link>}
    </>
  )
}
