/**
 * What can be done to one key, from its row: all of it, with the reason where it is not possible
 * now.
 */
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import type { KeyCard } from '../../api/admin.ts'
import { useMay } from '../../app/session.ts'
import { IconButton } from '../../parts/controls/button.tsx'
import { Menu, type MenuItem } from '../../parts/controls/menu.tsx'
import { hasHeld } from '../../parts/data/status.tsx'
import type { PlannedAction } from '../key/actions.tsx'
import { mayTakeMaterial } from '../key/kinds.ts'

export function RowMenu({
  item,
  onAction,
}: {
  readonly item: KeyCard
  readonly onAction: (action: PlannedAction) => void
}) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const mayManage = useMay('manage')
  const mayImport = useMay('import')
  const name = item.alias ?? item.id
  const isPending = item.state === 'pending-deletion'
  const items: MenuItem[] = [{ label: t('actions.open'), onSelect: () => go(`/keys/${item.id}`) }]
  if (mayImport && mayTakeMaterial(item))
    items.push({
      label: hasHeld(item) ? t('actions.reimport') : t('actions.import'),
      onSelect: () => go(`/keys/${item.id}/import`),
    })
  if (mayManage && item.state === 'enabled')
    items.push({
      label: t('actions.disable'),
      onSelect: () => onAction({ kind: 'disable', keys: [item] }),
    })
  if (mayManage && item.state === 'disabled')
    items.push({
      label: t('actions.enable'),
      onSelect: () => onAction({ kind: 'enable', keys: [item] }),
    })
  if (mayManage && isPending)
    items.push({
      label: t('actions.cancelDeletion'),
      onSelect: () => onAction({ kind: 'cancel-deletion', keys: [item] }),
    })
  return (
    <Menu
      label={t('keys.actionsFor', { name })}
      trigger={<IconButton icon="more" label={t('keys.actionsFor', { name })} />}
      items={items}
    />
  )
}
