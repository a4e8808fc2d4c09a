/** What a key can do now and when that changes; below it, what is missing. */
import { useQuery } from '@tanstack/react-query'
import type { Ref } from 'react'
import { useTranslation } from 'react-i18next'
import { type KeyCard, keyActivity } from '../../api/admin.ts'
import { useMay } from '../../app/session.ts'
import { ButtonLink } from '../../parts/controls/button.tsx'
import { fullTime, shortTime } from '../../parts/data/format.ts'
import { useIsOver } from '../../parts/data/time.tsx'
import { needsItsMaterial } from '../../parts/data/was-held.ts'
import { Banner } from '../../parts/page/banner.tsx'
import { keyActions } from './key-actions.ts'
import { useKeyActions } from './use-key-actions.ts'

export function StateLine({
  item,
  ref,
}: {
  readonly item: KeyCard
  readonly ref: Ref<HTMLParagraphElement>
}) {
  const { t } = useTranslation()
  // The material stops then, whether or not the server could be asked since.
  const isExpired = useIsOver(item.expires_at)
  const does = isExpired ? t('key.state.pendingImport') : t(`usage.does.${item.usage}`)
  const now = {
    enabled: does,
    disabled: t('key.state.disabled'),
    'pending-import': t('key.state.pendingImport'),
    'pending-deletion': t('key.state.pendingDeletion', {
      date: item.deletion_at === null ? '' : fullTime(item.deletion_at),
    }),
  }[item.state]
  const sentences = [now]
  if (item.state !== 'pending-deletion') {
    if (item.expires_at !== null && !isExpired)
      sentences.push(t('key.state.stops', { date: fullTime(item.expires_at) }))
    if (item.next_rotation_at !== null && item.state !== 'disabled')
      sentences.push(t('key.state.rotates', { date: shortTime(item.next_rotation_at) }))
    if (item.permanent && item.origin === 'external')
      sentences.push(t('message.noExpiryForPermanent', { spec: item.spec }))
  }
  return (
    <p ref={ref} tabIndex={-1} className="state-line">
      {sentences.join(' ')}
    </p>
  )
}

/** When the material expired last, out of the audit log; undefined while that is not known. */
export function useLastExpiry(item: KeyCard): number | undefined {
  const may = useMay('audit')
  const wanted = may && needsItsMaterial(item) && !item.permanent
  const search = { operation: 'expire-key-material', limit: 1 }
  const found = useQuery({
    queryKey: ['key', item.id, 'expired', item.revision],
    queryFn: () => keyActivity(item.id, search),
    enabled: wanted,
    refetchInterval: false,
  })
  const deleted = useQuery({
    queryKey: ['key', item.id, 'deleted', item.revision],
    queryFn: () =>
      keyActivity(item.id, { operation: 'delete-imported-key-material', outcome: 'ok', limit: 1 }),
    enabled: wanted,
    refetchInterval: false,
  })
  if (item.state === 'pending-import' && item.expires_at !== null) return item.expires_at
  const [expired] = found.data?.records ?? []
  const [erased] = deleted.data?.records ?? []
  return expired !== undefined && (erased === undefined || erased.time < expired.time)
    ? expired.time
    : undefined
}

export function KeyBanners({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const { can, may } = useKeyActions(item)
  const expiredAt = useLastExpiry(item)
  const held = needsItsMaterial(item)
  const canBeDrilled = keyActions(item).drill === 'offered'
  return (
    <>
      {item.state === 'pending-import' && (
        <Banner
          tone={held ? 'warning' : 'info'}
          action={
            can('import') && (
              <ButtonLink href={`/keys/${item.id}/import`} small>
                {held ? t('actions.reimport') : t('actions.importMaterial')}
              </ButtonLink>
            )
          }
        >
          <p>
            {expiredAt !== undefined ? (
              t('message.materialExpired', { time: fullTime(expiredAt) })
            ) : held ? (
              <>
                <b>{t('key.needsMaterial')}</b> {t('key.onlySame')}
              </>
            ) : (
              t('message.noMaterial')
            )}
          </p>
        </Banner>
      )}
      {item.needs_drill && canBeDrilled && (
        <Banner
          tone="warning"
          action={
            may('drill') && (
              <ButtonLink href={`/keys/${item.id}/drill`} small>
                {t('evidence.runDrill')}
              </ButtonLink>
            )
          }
        >
          <p>
            <b>
              {item.drilled_at === null
                ? t('evidence.noBackup')
                : t('key.drillOld', { date: shortTime(item.drilled_at) })}
            </b>{' '}
            {item.permanent ? t('key.drillWhyPair') : t('key.drillWhy')}
          </p>
        </Banner>
      )}
    </>
  )
}
