/**
 * What can be done to one key, from its row: all of it, with the reason where it is not possible
 * now.
 */
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import type { KeyCard } from '../../api/admin.ts'
import { IconButton } from '../../parts/controls/button.tsx'
import { Menu, type MenuItem } from '../../parts/controls/menu.tsx'
import { hasHeld } from '../../parts/data/was-held.ts'
import type { PlannedAction } from '../key/actions.tsx'
import { useKeyActions } from '../key/use-key-actions.ts'

export function RowMenu({
  item,
  onAction,
}: {
  readonly item: KeyCard
  readonly onAction: (action: PlannedAction) => void
}) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const { can } = useKeyActions(item)
  const name = item.alias ?? item.id
  const plan = (kind: PlannedAction['kind']): void => onAction({ kind, keys: [item] })
  const items: MenuItem[] = [{ label: t('actions.open'), onSelect: () => go(`/keys/${item.id}`) }]
  if (can('import'))
    items.push({
      label: hasHeld(item) ? t('actions.reimport') : t('actions.import'),
      onSelect: () => go(`/keys/${item.id}/import`),
    })
  if (can('disable')) items.push({ label: t('actions.disable'), onSelect: () => plan('disable') })
  if (can('enable')) items.push({ label: t('actions.enable'), onSelect: () => plan('enable') })
  if (can('cancel-deletion'))
    items.push({ label: t('actions.cancelDeletion'), onSelect: () => plan('cancel-deletion') })
  return (
    <Menu
      label={t('keys.actionsFor', { name })}
      trigger={<IconButton icon="more" label={t('keys.actionsFor', { name })} />}
      items={items}
    />
  )
}
