/** The tabs of a key: which there are, the links to them, what each shows. */
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { KeyDetails } from '../../api/admin.ts'
import { useMay } from '../../app/session.ts'
import { wholeNumber } from '../../parts/data/format.ts'
import { isPair } from './kinds.ts'
import { ActivityTab } from './tabs/activity-tab.tsx'
import { AliasesTab } from './tabs/aliases-tab.tsx'
import { DangerTab } from './tabs/danger-tab.tsx'
import { GrantsTab } from './tabs/grants-tab.tsx'
import { OverviewTab } from './tabs/overview-tab.tsx'
import { PublicKeyTab } from './tabs/public-key-tab.tsx'
import { RotationTab } from './tabs/rotation-tab.tsx'
import type { TabProps } from './tabs/tab-props.ts'
import { TagsTab } from './tabs/tags-tab.tsx'

const tabs = [
  'overview',
  'rotation',
  'aliases',
  'tags',
  'grants',
  'public-key',
  'activity',
  'danger',
] as const
export type Tab = (typeof tabs)[number]

/** A symmetric key has no public key; everything else is there for every key. */
export function tabsOf(item: KeyDetails): readonly Tab[] {
  return tabs.filter((tab) => tab !== 'public-key' || isPair(item.spec))
}

export function TabLinks({ item, tab }: { readonly item: KeyDetails; readonly tab: Tab }) {
  const { t } = useTranslation()
  const mayAudit = useMay('audit')
  return (
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

export function TabContent({ tab, ...props }: TabProps & { readonly tab: Tab }) {
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
