/** One key: its state line, and a tab for each side of it. */

import { useQuery } from '@tanstack/react-query'
import { type RefObject, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describeKey, type KeyDetails } from '../../api/admin.ts'
import { NoConnection } from '../../api/call.ts'
import { isRefusal } from '../../api/refusal.ts'
import NotFound from '../../app/not-found.tsx'
import { Button, ButtonLink, IconButton } from '../../parts/controls/button.tsx'
import { Menu, type MenuItem } from '../../parts/controls/menu.tsx'
import { Source, Status } from '../../parts/data/status.tsx'
import { hasHeld } from '../../parts/data/was-held.ts'
import { Page } from '../../parts/page/page.tsx'
import { Failed, Loading } from '../../parts/page/states.tsx'
import { useExpiryRefresh } from '../keys/use-expiry-refresh.ts'
import { KeyActionDialog, type PlannedAction } from './actions.tsx'
import { EditDialog } from './dialogs/edit-dialog.tsx'
import { SuccessorDialog } from './dialogs/successor-dialog.tsx'
import { nameOf } from './key-name.ts'
import { type Tab, TabContent, TabLinks, tabsOf } from './key-tabs.tsx'
import { KeyBanners, StateLine } from './state-line.tsx'
import type { TabProps } from './tabs/tab-props.ts'
import { useKeyActions } from './use-key-actions.ts'

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

function Known({ item, tab }: { readonly item: KeyDetails; readonly tab: Tab }) {
  const { t } = useTranslation()
  const [dialog, setDialog] = useState<'edit' | 'successor'>()
  const { action, plan, onClose, onDone, stateLine } = useAction()
  const props: TabProps = {
    item,
    onAction: (kind) => plan({ kind, keys: [item] }),
    onEdit: () => setDialog('edit'),
    onSuccessor: () => setDialog('successor'),
  }
  return (
    <Page
      title={nameOf(item)}
      crumbs={[{ href: '/keys', label: t('nav.keys') }]}
      aside={
        <span className="line">
          <Status state={item.state} />
          <Source origin={item.origin} />
        </span>
      }
      actions={<Actions {...props} />}
    >
      <StateLine item={item} ref={stateLine} />
      <KeyBanners item={item} />
      <TabLinks item={item} tab={tab} />
      <TabContent tab={tab} {...props} />
      {action !== undefined && (
        <KeyActionDialog action={action} onClose={onClose} onDone={onDone} />
      )}
      {dialog === 'edit' && <EditDialog item={item} onClose={() => setDialog(undefined)} />}
      {dialog === 'successor' && (
        <SuccessorDialog item={item} onClose={() => setDialog(undefined)} />
      )}
    </Page>
  )
}

type ActionState = {
  /** What a dialog is open for. */
  readonly action: PlannedAction | undefined
  readonly plan: (action: PlannedAction) => void
  readonly onClose: () => void
  readonly onDone: () => void
  /** What gets the focus after something is done. */
  readonly stateLine: RefObject<HTMLParagraphElement | null>
}

/** One action at a time, from its dialog to the line that it changed. */
function useAction(): ActionState {
  const [action, setAction] = useState<PlannedAction>()
  const stateLine = useRef<HTMLParagraphElement>(null)
  const isDone = useRef(false)
  // After what is done the focus goes on to the line that it changed: in the commit that takes the
  // dialog away, which gives the focus back to what opened it before any effect runs.
  useEffect(() => {
    if (action !== undefined || !isDone.current) return
    isDone.current = false
    stateLine.current?.focus()
  }, [action])
  return {
    action,
    plan: setAction,
    onClose: () => setAction(undefined),
    onDone() {
      isDone.current = true
      setAction(undefined)
    },
    stateLine,
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
