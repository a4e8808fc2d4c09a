/** Rotation of keys made here: interval, next date, history. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { wholeNumber } from '../../../parts/data/format.ts'
import { Rows } from '../../../parts/data/rows.tsx'
import { Table } from '../../../parts/data/table.tsx'
import { FullTime, ShortTime } from '../../../parts/data/time.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { Facts, Panel } from '../../../parts/page/panel.tsx'
import { Loaded } from '../../../parts/page/states.tsx'
import { isHmac, isPair } from '../kinds.ts'
import { useKeyActions } from '../use-key-actions.ts'
import { Interval } from './rotation-interval.tsx'
import type { TabProps } from './tab-props.ts'

export function RotationTab({ item, onAction, onSuccessor }: TabProps) {
  const { t } = useTranslation()
  const { can } = useKeyActions(item)
  if (item.origin === 'external')
    return (
      <Banner
        tone="info"
        action={can('successor') && <Button onClick={onSuccessor}>{t('actions.successor')}</Button>}
      >
        <p>{t('message.importedDoNotRotate')}</p>
      </Banner>
    )
  if (isPair(item.spec) || isHmac(item.spec))
    return (
      <Banner tone="info">
        <p>{isPair(item.spec) ? t('rotation.pair') : t('rotation.mac')}</p>
      </Banner>
    )
  return <Rotation item={item} onAction={onAction} />
}

type RotationProps = {
  readonly item: KeyCard
  readonly onAction: TabProps['onAction']
}

function Rotation({ item, onAction }: RotationProps) {
  const { t } = useTranslation()
  const { may, reason } = useKeyActions(item)
  const found = useQuery({
    queryKey: ['key', item.id, 'rotation', item.revision],
    queryFn: () => kms.rotationStatus(item.id),
  })
  return (
    <Loaded of={found} rows={6}>
      {(status) => (
        <div className="stack wide">
          <Panel
            title={t('words.rotation')}
            actions={
              may('rotate') && <RotationButtons item={item} status={status} onAction={onAction} />
            }
          >
            <RotationFacts item={item} status={status} />
            {may('rotate') && (
              <Interval item={item} current={status.rotation_interval} reason={reason('rotate')} />
            )}
          </Panel>
          <History status={status} />
        </div>
      )}
    </Loaded>
  )
}

type StatusProps = { readonly item: KeyCard; readonly status: kms.RotationStatus }

function RotationButtons({ item, status, onAction }: StatusProps & RotationProps) {
  const { t } = useTranslation()
  const { reason } = useKeyActions(item)
  return (
    <>
      {status.key_rotation_enabled && (
        <Button small onClick={() => onAction('stop-rotation')}>
          {t('rotation.turnOff')}
        </Button>
      )}
      <Button small reason={reason('rotate')} onClick={() => onAction('rotate')}>
        {t('actions.rotateNow')}
      </Button>
    </>
  )
}

function RotationFacts({ item, status }: StatusProps) {
  const { t } = useTranslation()
  return (
    <Facts
      facts={[
        {
          name: t('rotation.interval'),
          value: status.key_rotation_enabled
            ? t('rotation.days', { count: status.rotation_interval ?? 0 })
            : t('rotation.off'),
        },
        item.next_rotation_at !== null && {
          name: t('rotation.next'),
          value: <ShortTime at={item.next_rotation_at} />,
          more: <FullTime at={item.next_rotation_at} />,
        },
        { name: t('rotation.done'), value: wholeNumber(status.number_of_rotations) },
      ]}
    />
  )
}

function History({ status }: { readonly status: kms.RotationStatus }) {
  const { t } = useTranslation()
  const versions = status.key_materials.toSorted(
    (a, b) => Number(b.material_id) - Number(a.material_id),
  )
  return (
    <Panel title={t('rotation.history')}>
      <Table label={t('rotation.history')}>
        <thead>
          <tr>
            <th scope="col">{t('words.version')}</th>
            <th scope="col">{t('words.created')}</th>
            <th scope="col">{t('rotation.use')}</th>
          </tr>
        </thead>
        <tbody>
          <Rows of={versions} name={({ material_id }) => material_id}>
            {({ material_id, create_time }, index) => (
              <tr>
                <th scope="row">{material_id}</th>
                <td>
                  <ShortTime at={Number(create_time)} />
                </td>
                <td>{index === 0 ? t('rotation.current') : t('rotation.old')}</td>
              </tr>
            )}
          </Rows>
        </tbody>
      </Table>
    </Panel>
  )
}
