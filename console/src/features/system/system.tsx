/** The service itself: version, health, what it is set to, what opens it. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { type System, system } from '../../api/admin.ts'
import { Copied } from '../../parts/controls/copy.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { Rows } from '../../parts/data/rows.tsx'
import { Table } from '../../parts/data/table.tsx'
import { FullTime, ShortTime } from '../../parts/data/time.tsx'
import { Banner } from '../../parts/page/banner.tsx'
import { Icon } from '../../parts/page/icon.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Facts, Panel } from '../../parts/page/panel.tsx'
import { Loaded } from '../../parts/page/states.tsx'

/** @returns why the server is not ready, empty when it is. */
async function readiness(): Promise<string> {
  const answer = await fetch('/readyz', { cache: 'no-store' })
  return answer.ok ? '' : (await answer.text()).trim()
}

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function SystemPage() {
  const { t } = useTranslation()
  const found = useQuery({ queryKey: ['system'], queryFn: system })
  const ready = useQuery({ queryKey: ['readiness'], queryFn: readiness })
  return (
    <Page title={t('nav.system')}>
      <Loaded of={found} rows={8}>
        {(data) => (
          <div className="stack wide">
            {data.root_slots.length === 1 && (
              <Banner tone="warning">
                <p>{t('message.singleRootSlot')}</p>
              </Banner>
            )}
            <div className="columns">
              <ServicePanel data={data} unready={ready.data} />
              <SettingsPanel settings={data.settings} />
            </div>
            <RootSlots slots={data.root_slots} />
            <Nodes nodes={data.nodes} />
          </div>
        )}
      </Loaded>
    </Page>
  )
}

type ServiceProps = {
  readonly data: System
  /** As of `Health`. */
  readonly unready: string | undefined
}

function ServicePanel({ data, unready }: ServiceProps) {
  const { t } = useTranslation()
  return (
    <Panel title={t('system.service')}>
      <Facts
        facts={[
          { name: t('system.health'), value: <Health unready={unready} /> },
          { name: t('system.version'), value: data.version },
          { name: t('system.clock'), value: <FullTime at={data.now} /> },
          {
            name: t('system.deployment'),
            value: <Copied name={t('system.deployment')} value={data.deployment_id} />,
          },
          { name: t('words.created'), value: <ShortTime at={data.created_at} /> },
          { name: t('system.auditRecords'), value: wholeNumber(data.audit_records) },
        ]}
      />
    </Panel>
  )
}

/**
 * Whether the server is ready.
 * @param unready why it is not; empty when it is, undefined while that is unknown.
 */
function Health({ unready }: { readonly unready: string | undefined }) {
  const { t } = useTranslation()
  if (unready === undefined) return t('common.loading')
  if (unready === '')
    return (
      <span className="ok-text flag">
        <Icon name="enabled" />
        {t('system.ready')}
      </span>
    )
  return (
    <span className="danger-text flag">
      <Icon name="cross" />
      {t('system.notReady')} <span className="mono">{unready}</span>
    </span>
  )
}

function SettingsPanel({ settings }: { readonly settings: System['settings'] }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('system.settings')}>
      <Facts
        facts={[
          {
            name: t('system.tokenHours'),
            value: t('system.hours', { count: settings.import_token_hours }),
          },
          {
            name: t('system.checks'),
            value: t(
              settings.material_checks === 'warn' ? 'system.checksWarn' : 'system.checksRefuse',
            ),
          },
          {
            name: t('system.drillDays'),
            value: t('rotation.days', { count: settings.drill_days }),
          },
          { name: t('system.maxKeys'), value: wholeNumber(settings.max_keys) },
        ]}
      />
    </Panel>
  )
}

function RootSlots({ slots }: { readonly slots: System['root_slots'] }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('words.rootSlots')}>
      <Table label={t('words.rootSlots')}>
        <thead>
          <tr>
            <th scope="col">{t('system.slotKind')}</th>
            <th scope="col">{t('words.created')}</th>
          </tr>
        </thead>
        <tbody>
          <Rows of={slots} name={({ kind, created_at }) => `${kind}/${created_at}`}>
            {({ kind, created_at }) => (
              <tr>
                <th scope="row" className="mono">
                  {kind}
                </th>
                <td>
                  <ShortTime at={created_at} />
                </td>
              </tr>
            )}
          </Rows>
        </tbody>
      </Table>
    </Panel>
  )
}

function Nodes({ nodes }: { readonly nodes: System['nodes'] }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('system.nodes')}>
      <Table label={t('system.nodes')} kind="cards">
        <thead>
          <tr>
            <th scope="col">{t('words.node')}</th>
            <th scope="col">{t('system.address')}</th>
            <th scope="col">{t('system.version')}</th>
            <th scope="col">{t('system.started')}</th>
            <th scope="col">{t('system.seen')}</th>
          </tr>
        </thead>
        <tbody>
          <Rows of={nodes} name={({ id }) => id}>
            {(node) => (
              <tr>
                <th scope="row" className="mono">
                  {node.id}
                </th>
                <td className="mono" data-label={t('system.address')}>
                  {node.address}
                </td>
                <td data-label={t('system.version')}>{node.version}</td>
                <td data-label={t('system.started')}>
                  <ShortTime at={node.started_at} />
                </td>
                <td data-label={t('system.seen')}>
                  {node.stopped_at !== null && `${t('system.stopped')} `}
                  <ShortTime at={node.stopped_at ?? node.seen_at} />
                </td>
              </tr>
            )}
          </Rows>
        </tbody>
      </Table>
    </Panel>
  )
}
