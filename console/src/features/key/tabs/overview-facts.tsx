/** What the overview lists of a key and of its material. */
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { KeyCard } from '../../../api/admin.ts'
import { Copied } from '../../../parts/controls/copy.tsx'
import { CheckValue, Fingerprint } from '../../../parts/data/check-value.tsx'
import { wholeNumber } from '../../../parts/data/format.ts'
import { Source } from '../../../parts/data/status.tsx'
import { FullTime, RelativeTime, ShortTime } from '../../../parts/data/time.tsx'
import type { Fact } from '../../../parts/page/panel.tsx'
import { Backup, useCallCounts, useLastCall } from '../evidence.tsx'
import { Expiry } from '../expiry.tsx'
import { useKeyActions } from '../use-key-actions.ts'
import type { TabProps } from './tab-props.ts'

/** Those that do not apply to the key are left out. */
type FactList = readonly (Fact | false)[]

type RotationProps = Pick<TabProps, 'item' | 'onSuccessor'>

/** Of the key itself: its names, its spec, its rotation, the key before it. */
export function useKeyFacts({ item, onSuccessor }: RotationProps): FactList {
  const { t } = useTranslation()
  return [
    { name: t('words.keyId'), value: <Copied name={t('words.keyId')} value={item.id} /> },
    {
      name: t('words.alias'),
      value: <span className="break">{item.alias ?? t('key.noAlias')}</span>,
    },
    {
      name: t('words.description'),
      value: <span className="break">{item.description === '' ? '—' : item.description}</span>,
    },
    { name: t('words.spec'), value: <span className="mono">{item.spec}</span> },
    { name: t('words.usage'), value: t(`usage.${item.usage}`) },
    {
      name: t('words.created'),
      value: <ShortTime at={item.created_at} />,
      more: <FullTime at={item.created_at} />,
    },
    { name: t('words.rotation'), value: <Rotation item={item} onSuccessor={onSuccessor} /> },
    item.succeeds !== null && {
      name: t('key.succeeds'),
      value: (
        <Link href={`/keys/${item.succeeds}`} className="mono break">
          {item.succeeds}
        </Link>
      ),
    },
  ]
}

/** When the key rotates next. An imported one does not: a successor takes its place. */
function Rotation({ item, onSuccessor }: RotationProps) {
  const { t } = useTranslation()
  const { can } = useKeyActions(item)
  if (item.origin === 'external')
    return (
      <>
        {t('key.noRotation')}{' '}
        {can('successor') && (
          <button type="button" className="link-button" onClick={onSuccessor}>
            {t('actions.successor')}
          </button>
        )}
      </>
    )
  return item.next_rotation_at !== null ? (
    <ShortTime at={item.next_rotation_at} />
  ) : (
    t('rotation.off')
  )
}

/** Of the material: where it comes from, what it is known by, what was done with it. */
export function useMaterialFacts(item: KeyCard): FactList {
  const { t } = useTranslation()
  const ofCalls = useCallFacts(item)
  const ofBackup = useBackupFact(item)
  return [
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
        item.material_version === null ? t('key.noMaterial') : wholeNumber(item.material_version),
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
    ...ofCalls,
    ofBackup,
  ]
}

function useCallFacts(item: KeyCard): FactList {
  const { t } = useTranslation()
  const lastCall = useLastCall(item)
  const counts = useCallCounts(item)
  return [
    {
      name: t('words.lastUsed'),
      value:
        item.last_used_at === null ? (
          t('evidence.neverUsed')
        ) : (
          <>
            <RelativeTime at={item.last_used_at} /> · {lastCall}
          </>
        ),
    },
    { name: t('evidence.calls'), value: counts },
  ]
}

/** Whether a backup was proved, and where it is. Only imported material has one. */
function useBackupFact(item: KeyCard): Fact | false {
  const { t } = useTranslation()
  return (
    item.origin === 'external' && {
      name: t('words.lastDrill'),
      value: (
        <span className={item.needs_drill ? 'warning-text' : undefined}>
          <Backup item={item} />
        </span>
      ),
      ...(item.backup_place !== null && {
        more: t('key.backupPlace', { place: item.backup_place }),
      }),
    }
  )
}
