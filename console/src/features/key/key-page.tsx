/** One key: its state line, and a tab for each side of it. */

import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { describeKey, type KeyDetails } from '../../api/admin.ts'
import { NoConnection } from '../../api/call.ts'
import { isRefusal } from '../../api/refusal.ts'
import NotFound from '../../app/not-found.tsx'
import { useMay } from '../../app/session.ts'
import { Button, ButtonLink, IconButton } from '../../parts/controls/button.tsx'
import { Menu, type MenuItem } from '../../parts/controls/menu.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { Source, Status } from '../../parts/data/status.tsx'
import { hasHeld } from '../../parts/data/was-held.ts'
import { Page } from '../../parts/page/page.tsx'
import { Failed, Loading } from '../../parts/page/states.tsx'
import { useExpiryRefresh } from '../keys/use-expiry-refresh.ts'
import { KeyActionDialog, type PlannedAction } from './actions.tsx'
import { EditDialog } from './dialogs/edit-dialog.tsx'
import { SuccessorDialog } from './dialogs/successor-dialog.tsx'
import { nameOf } from './key-name.ts'
import { isPair } from './kinds.ts'
import { KeyBanners, StateLine } from './state-line.tsx'
import { ActivityTab } from './tabs/activity-tab.tsx'
import { AliasesTab } from './tabs/aliases-tab.tsx'
import { DangerTab } from './tabs/danger-tab.tsx'
import { GrantsTab } from './tabs/grants-tab.tsx'
import { OverviewTab } from './tabs/overview-tab.tsx'
import { PublicKeyTab } from './tabs/public-key-tab.tsx'
import { RotationTab } from './tabs/rotation-tab.tsx'
import { TagsTab } from './tabs/tags-tab.tsx'
import { useKeyActions } from './use-key-actions.ts'

export const tabs = [
  'overview',
  'rotation',
  'aliases',
  'tags',
  'grants',
  'public-key',
  'activity',
  'danger',
] as const
type Tab = (typeof tabs)[number]

export type TabProps = {
  readonly item: KeyDetails
  readonly onAction: (kind: PlannedAction['kind']) => void
  readonly onSuccessor: () => void
  readonly onEdit: () => void
}

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function KeyPage({ id, tab }: { readonly id: string; readonly tab: string }) {
  const found = useQuery({
    queryKey: ['key', id],
    queryFn: () => describeKey(id),
    refetchInterval: 15_000,
  })
  useExpiryRefresh(found.data && [found.data], () => void found.refetch())
  if (
    isRefusal(found.error, 'key-not-found', 'not-permitted', 'parameter-invalid', 'key-id-invalid')
  )
    return <NotFound />
  if (found.data === undefined)
    return found.error !== null && !(found.error instanceof NoConnection) ? (
      <Failed error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <Loading rows={8} />
    )
  const shown = tabsOf(found.data)
  const here = shown.find((one) => one === tab)
  return here === undefined ? <NotFound /> : <Known item={found.data} tab={here} />
}

/** A symmetric key has no public key; everything else is there for every key. */
function tabsOf(item: KeyDetails): readonly Tab[] {
  return tabs.filter((tab) => tab !== 'public-key' || isPair(item.spec))
}

function Known({ item, tab }: { readonly item: KeyDetails; readonly tab: Tab }) {
  const { t } = useTranslation()
  const [action, setAction] = useState<PlannedAction>()
  const [dialog, setDialog] = useState<'edit' | 'successor'>()
  const stateLine = useRef<HTMLParagraphElement>(null)
  const isDone = useRef(false)
  // After what is done the focus goes on to the line that it changed: in the commit that takes the
  // dialog away, which gives the focus back to what opened it before any effect runs.
  useEffect(() => {
    if (action !== undefined || !isDone.current) return
    isDone.current = false
    stateLine.current?.focus()
  }, [action])
  const mayAudit = useMay('audit')
  const plan = (kind: PlannedAction['kind']): void => setAction({ kind, keys: [item] })
  const name = nameOf(item)
  return (
    <Page
      title={name}
      crumbs={[{ href: '/keys', label: t('nav.keys') }]}
      aside={
        <span className="line">
          <Status state={item.state} />
          <Source origin={item.origin} />
        </span>
      }
      actions={
        <Actions
          item={item}
          onAction={plan}
          onEdit={() => setDialog('edit')}
          onSuccessor={() => setDialog('successor')}
        />
      }
    >
      <StateLine item={item} ref={stateLine} />
      <KeyBanners item={item} />
      <nav className="tabs" aria-label={t('key.tabs')}>
        {tabsOf(item)
          .filter((one) => one !== 'activity' || mayAudit)
          .map((one) => (
            <Link
              key={one}
              href={one === 'overview' ? `/keys/${item.id}` : `/keys/${item.id}/${one}`}
              {...(one === tab && { 'aria-current': 'page' as const })}
            >
              {t(`key.tab.${one}`)} <Count n={countIn(item, one)} />
            </Link>
          ))}
      </nav>
      <TabContent
        tab={tab}
        item={item}
        onAction={plan}
        onEdit={() => setDialog('edit')}
        onSuccessor={() => setDialog('successor')}
      />
      {action !== undefined && (
        <KeyActionDialog
          action={action}
          onClose={() => setAction(undefined)}
          onDone={() => {
            isDone.current = true
            setAction(undefined)
          }}
        />
      )}
      {dialog === 'edit' && <EditDialog item={item} onClose={() => setDialog(undefined)} />}
      {dialog === 'successor' && (
        <SuccessorDialog item={item} onClose={() => setDialog(undefined)} />
      )}
    </Page>
  )
}

/** How many of a key's belongings a tab shows. */
function countIn(item: KeyDetails, tab: Tab): number {
  if (tab === 'aliases') return item.aliases.length + (item.alias === null ? 0 : 1)
  if (tab === 'grants') return item.grants
  return tab === 'tags' ? item.tags.length : 0
}

function Count({ n }: { readonly n: number }) {
  return n === 0 ? null : <span className="muted">{wholeNumber(n)}</span>
}

function TabContent({ tab, ...props }: TabProps & { readonly tab: Tab }) {
  switch (tab) {
    case 'overview':
      return <OverviewTab {...props} />
    case 'rotation':
      return <RotationTab {...props} />
    case 'aliases':
      return <AliasesTab item={props.item} onEdit={props.onEdit} />
    case 'tags':
      return <TagsTab item={props.item} />
    case 'grants':
      return <GrantsTab item={props.item} />
    case 'public-key':
      return <PublicKeyTab item={props.item} />
    case 'activity':
      return <ActivityTab item={props.item} />
    case 'danger':
      return <DangerTab {...props} />
  }
}

function Actions({ item, onAction, onEdit, onSuccessor }: TabProps) {
  const { t } = useTranslation()
  const { can } = useKeyActions(item)
  const more: MenuItem[] = []
  if (can('edit')) more.push({ label: t('actions.edit'), onSelect: onEdit })
  if (can('successor')) more.push({ label: t('actions.successor'), onSelect: onSuccessor })
  return (
    <>
      {can('import') && (
        <ButtonLink
          href={`/keys/${item.id}/import`}
          kind={item.state === 'pending-import' ? 'primary' : 'plain'}
          icon="external"
        >
          {hasHeld(item) ? t('actions.reimport') : t('actions.importMaterial')}
        </ButtonLink>
      )}
      {can('drill') && (
        <ButtonLink href={`/keys/${item.id}/drill`}>{t('actions.drill')}</ButtonLink>
      )}
      {can('try') && <ButtonLink href={`/try?key=${item.id}`}>{t('actions.tryIt')}</ButtonLink>}
      {can('disable') && (
        <Button onClick={() => onAction('disable')}>{t('actions.disable')}</Button>
      )}
      {can('enable') && <Button onClick={() => onAction('enable')}>{t('actions.enable')}</Button>}
      {can('cancel-deletion') && (
        <Button onClick={() => onAction('cancel-deletion')}>{t('actions.cancelDeletion')}</Button>
      )}
      {more.length > 0 && (
        <Menu
          label={t('key.more')}
          trigger={<IconButton icon="more" label={t('key.more')} />}
          items={more}
        />
      )}
    </>
  )
}
