/**
 * The findings, most urgent first, each with the one button that leads to the fix.
 */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { several, signInOperations, unknownOperation } from '../../../../src/domain/operations.ts'
import type { Finding } from '../../api/admin.ts'
import { Button, ButtonLink } from '../../parts/controls/button.tsx'
import { clockTime, shortTime, wholeNumber } from '../../parts/data/format.ts'
import { ShortTime } from '../../parts/data/time.tsx'
import { Icon, type IconName } from '../../parts/page/icon.tsx'
import { Panel } from '../../parts/page/panel.tsx'

const shownAtFirst = 8

const severities = {
  'act-now': ['cross', 'danger'],
  'loss-ahead': ['warning', 'warning'],
  soon: ['info', 'info'],
  tidy: ['bar', 'neutral'],
} as const satisfies Record<string, readonly [IconName, string]>
type Severity = keyof typeof severities

/** Where the button of each kind leads, and what it says. */
const ways = {
  'material-missing': ['actions.reimport', 'import'],
  'deletion-of-used-key': ['actions.open', 'danger'],
  'deletion-pending': ['actions.open', 'danger'],
  'expiry-near': ['actions.reimport', 'import'],
  'expiry-coming': ['actions.reimport', 'import'],
  'never-drilled': ['actions.drill', 'drill'],
  'drill-old': ['actions.drill', 'drill'],
  'import-unfinished': ['actions.continue', 'import'],
  'import-pending-long': ['actions.import', 'import'],
  'rotation-overdue': ['actions.open', 'rotation'],
  unused: ['actions.open', 'activity'],
  'single-root-slot': ['actions.open', '/system'],
  'access-key-old': ['actions.open', '/people'],
  'sign-ins-failed': [
    'actions.open',
    `/audit?${new URLSearchParams({ operation: signInOperations.join(','), outcome: 'credentials-invalid' })}`,
  ],
  'credentials-wrong': [
    'actions.open',
    `/audit?${new URLSearchParams({ operation: unknownOperation, outcome: 'credentials-invalid' })}`,
  ],
} as const
type Kind = keyof typeof ways

export function FindingList({
  items,
  checkedAt,
}: {
  readonly items: readonly Finding[]
  readonly checkedAt: number
}) {
  const { t } = useTranslation()
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? items : items.slice(0, shownAtFirst)
  return (
    <Panel
      title={
        items.length === 0
          ? t('words.needsCare')
          : t('overview.needsCareCount', { n: wholeNumber(items.length) })
      }
    >
      {items.length === 0 ? (
        <div className="panel-text">
          <p className="line">
            <span className="ok-text">
              <Icon name="enabled" />
            </span>
            {t('overview.nothing', { time: clockTime(checkedAt) })}
          </p>
          <p className="soft small">{t('overview.watched')}</p>
        </div>
      ) : (
        <ul className="finding-list">
          {shown.map((item) => (
            <Care key={`${item.kind}/${item.key?.id ?? item.name ?? ''}`} item={item} />
          ))}
        </ul>
      )}
      {items.length > shownAtFirst && (
        <p className="panel-text">
          <Button kind="quiet" small aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole
              ? t('overview.showLess')
              : t('overview.showAll', { n: wholeNumber(items.length) })}
          </Button>
        </p>
      )}
    </Panel>
  )
}

/** "203.0.113.7 and 3 others". */
function usePlaces(): (item: Finding) => string {
  const { t } = useTranslation()
  return ({ name, others }) => {
    const place = name === several || name === null ? t('finding.severalPlaces') : name
    return others === null || others === 0
      ? place
      : t('finding.andOthers', { place, n: wholeNumber(others), count: others })
  }
}

function Care({ item }: { readonly item: Finding }) {
  const { t } = useTranslation()
  const placesOf = usePlaces()
  const [icon, tone] = severities[item.severity as Severity]
  const kind = item.kind as Kind
  const [label, target] = ways[kind]
  const name = item.key?.alias ?? item.key?.id ?? item.name ?? t('words.holdfast')
  const isOfStrangers = kind === 'sign-ins-failed' || kind === 'credentials-wrong'
  const href = target.startsWith('/') ? target : `/keys/${item.key?.id}/${target}`
  return (
    <li className="finding">
      <span className={`status ${tone}`}>
        <Icon name={icon} />
        {t(`severity.${item.severity as Severity}`)}
      </span>
      <p>
        {!isOfStrangers &&
          (item.key === null ? (
            <b>{name}</b>
          ) : (
            <Link href={`/keys/${item.key.id}`}>{name}</Link>
          ))}{' '}
        <span>
          {t(`finding.${kind}`, {
            count: item.count ?? 0,
            n: item.is_least
              ? t('finding.atLeast', { n: wholeNumber(item.count ?? 0) })
              : wholeNumber(item.count ?? 0),
            from: placesOf(item),
            time: item.at === null ? '' : shortTime(item.at),
          })}
        </span>
      </p>
      <span className="soft small">{item.at !== null && <ShortTime at={item.at} />}</span>
      <ButtonLink href={href} small label={t('common.labelled', { label: t(label), text: name })}>
        {t(label)}
      </ButtonLink>
    </li>
  )
}
