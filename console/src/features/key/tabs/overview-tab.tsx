/** The facts of a key and of its material, and what was done with it last. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { keyActivity } from '../../../api/admin.ts'
import { useMay } from '../../../app/session.ts'
import { Copied } from '../../../parts/controls/copy.tsx'
import { CheckValue, Fingerprint } from '../../../parts/data/check-value.tsx'
import { wholeNumber } from '../../../parts/data/format.ts'
import { Source } from '../../../parts/data/status.tsx'
import { FullTime, RelativeTime, ShortTime } from '../../../parts/data/time.tsx'
import { Facts, Panel } from '../../../parts/page/panel.tsx'
import { Loaded } from '../../../parts/page/states.tsx'
import { useOperationName } from '../../audit/operation-name.ts'
import { Hidden, RecordList } from '../../audit/records.tsx'
import { useNames } from '../../people/names.ts'
import { Backup } from '../evidence.tsx'
import { Expiry } from '../expiry.tsx'
import type { TabProps } from '../key-page.tsx'
import { useKeyActions } from '../use-key-actions.ts'

const recent = 5

export function OverviewTab({ item, onSuccessor }: TabProps) {
  const { t } = useTranslation()
  const operation = useOperationName()
  const name = useNames()
  const { can } = useKeyActions(item)
  const mayAudit = useMay('audit')
  const isExternal = item.origin === 'external'
  return (
    <div className="stack wide">
      <div className="columns">
        <Panel title={t('words.key')}>
          <Facts
            facts={[
              {
                name: t('words.keyId'),
                value: <Copied name={t('words.keyId')} value={item.id} />,
              },
              {
                name: t('words.alias'),
                value: <span className="break">{item.alias ?? t('key.noAlias')}</span>,
              },
              {
                name: t('words.description'),
                value: (
                  <span className="break">{item.description === '' ? '—' : item.description}</span>
                ),
              },
              { name: t('words.spec'), value: <span className="mono">{item.spec}</span> },
              { name: t('words.usage'), value: t(`usage.${item.usage}`) },
              {
                name: t('words.created'),
                value: <ShortTime at={item.created_at} />,
                more: <FullTime at={item.created_at} />,
              },
              {
                name: t('words.rotation'),
                value: isExternal ? (
                  <>
                    {t('key.noRotation')}{' '}
                    {can('successor') && (
                      <button type="button" className="link-button" onClick={onSuccessor}>
                        {t('actions.successor')}
                      </button>
                    )}
                  </>
                ) : item.next_rotation_at !== null ? (
                  <ShortTime at={item.next_rotation_at} />
                ) : (
                  t('rotation.off')
                ),
              },
              item.succeeds !== null && {
                name: t('key.succeeds'),
                value: (
                  <Link href={`/keys/${item.succeeds}`} className="mono break">
                    {item.succeeds}
                  </Link>
                ),
              },
            ]}
          />
        </Panel>
        <Panel title={t('words.material')}>
          <Facts
            facts={[
              { name: t('words.source'), value: <Source origin={item.origin} /> },
              item.check_value !== null && {
                name: t('words.checkValue'),
                value: <CheckValue hex={item.check_value} />,
              },
              item.fingerprint !== null && {
                name: t('words.fingerprint'),
                value: <Fingerprint hex={item.fingerprint} />,
                more: t('publicKey.fingerprintOf'),
              },
              {
                name: t('words.version'),
                value:
                  item.material_version === null
                    ? t('key.noMaterial')
                    : wholeNumber(item.material_version),
              },
              item.imported_at !== null && {
                name: t('words.imported'),
                value: <ShortTime at={item.imported_at} />,
                more: <FullTime at={item.imported_at} />,
              },
              {
                name: t('words.expires'),
                value: <Expiry item={item} />,
                ...(item.expires_at !== null && { more: t('expiry.erased') }),
              },
              {
                name: t('words.lastUsed'),
                value:
                  item.last_used_at === null ? (
                    t('evidence.neverUsed')
                  ) : (
                    <>
                      <RelativeTime at={item.last_used_at} /> ·{' '}
                      {t('evidence.by', {
                        operation: operation(item.last_operation ?? ''),
                        caller: name(item.last_principal),
                      })}
                    </>
                  ),
              },
              {
                name: t('evidence.calls'),
                value: t('evidence.callCounts', {
                  day: wholeNumber(item.last_day.allowed + item.last_day.refused),
                  month: wholeNumber(item.last_month.allowed + item.last_month.refused),
                  callers: wholeNumber(item.last_month.callers),
                  count: item.last_month.callers,
                }),
              },
              isExternal && {
                name: t('words.lastDrill'),
                value: (
                  <span className={item.needs_drill ? 'warning-text' : undefined}>
                    <Backup item={item} />
                  </span>
                ),
                ...(item.backup_place !== null && {
                  more: t('key.backupPlace', { place: item.backup_place }),
                }),
              },
            ]}
          />
        </Panel>
      </div>
      {mayAudit && <RecentActivity id={item.id} />}
    </div>
  )
}

function RecentActivity({ id }: { readonly id: string }) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const found = useQuery({
    queryKey: ['key', id, 'activity', 'recent'],
    queryFn: () => keyActivity(id, { limit: recent, reads: 'hidden' }),
  })
  return (
    <Panel
      title={t('key.recent')}
      actions={<Link href={`/keys/${id}/activity`}>{t('key.allRecords')}</Link>}
    >
      <Loaded of={found} rows={recent}>
        {({ records, hidden }) => (
          <>
            {hidden > 0 && (
              <Hidden count={hidden} onShow={() => go(`/keys/${id}/activity?reads=shown`)} />
            )}
            <RecordList records={records} />
          </>
        )}
      </Loaded>
    </Panel>
  )
}
