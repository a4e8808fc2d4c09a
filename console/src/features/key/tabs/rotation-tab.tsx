/** Rotation of keys made here: interval, next date, history. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rotationDays } from '../../../../../src/domain/rules.ts'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { isRefusal, Objection, useRefusalText } from '../../../api/refusal.ts'
import { notify } from '../../../app/notices.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { TextField } from '../../../parts/controls/field.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { wholeNumber } from '../../../parts/data/format.ts'
import { Rows } from '../../../parts/data/rows.tsx'
import { Table } from '../../../parts/data/table.tsx'
import { FullTime, ShortTime } from '../../../parts/data/time.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { Facts, Panel } from '../../../parts/page/panel.tsx'
import { Loaded } from '../../../parts/page/states.tsx'
import type { TabProps } from '../key-page.tsx'
import { isHmac, isPair } from '../kinds.ts'
import { useKeyActions } from '../use-key-actions.ts'

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

function Rotation({
  item,
  onAction,
}: {
  readonly item: KeyCard
  readonly onAction: TabProps['onAction']
}) {
  const { t } = useTranslation()
  const actions = useKeyActions(item)
  const mayManage = actions.may('rotate')
  const found = useQuery({
    queryKey: ['key', item.id, 'rotation', item.revision],
    queryFn: () => kms.rotationStatus(item.id),
  })
  const reason = actions.reason('rotate')
  return (
    <Loaded of={found} rows={6}>
      {(status) => (
        <div className="stack wide">
          <Panel
            title={t('words.rotation')}
            actions={
              mayManage && (
                <>
                  {status.key_rotation_enabled && (
                    <Button small onClick={() => onAction('stop-rotation')}>
                      {t('rotation.turnOff')}
                    </Button>
                  )}
                  <Button small reason={reason} onClick={() => onAction('rotate')}>
                    {t('actions.rotateNow')}
                  </Button>
                </>
              )
            }
          >
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
            {mayManage && (
              <Interval item={item} current={status.rotation_interval} reason={reason} />
            )}
          </Panel>
          <History status={status} />
        </div>
      )}
    </Loaded>
  )
}

type IntervalProps = {
  readonly item: KeyCard
  readonly current: number | undefined
  readonly reason: string | undefined
}

function Interval({ item, current, reason }: IntervalProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [days, setDays] = useState(String(current ?? rotationDays.usual))
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const save = async (): Promise<void> => {
    const count = Number(days)
    if (!/^\d+$/.test(days) || count < rotationDays.min || count > rotationDays.max)
      return setError(new Objection('errors.rotation-interval-invalid', rotationDays))
    setBusy(true)
    setError(undefined)
    try {
      await (current === undefined
        ? kms.enableRotation(item.id, count)
        : kms.setRotationInterval(item.id, count))
      notify('ok', t('rotation.saved', { count }))
      await client.invalidateQueries()
    } catch (refusal) {
      setError(refusal)
    } finally {
      setBusy(false)
    }
  }
  const isOfField = error instanceof Objection || isRefusal(error, 'rotation-interval-invalid')
  return (
    <form
      className="panel-text"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy && reason === undefined) void save()
      }}
    >
      <TextField
        label={t('rotation.intervalLabel', rotationDays)}
        value={days}
        inputMode="numeric"
        className="input short-input"
        error={isOfField ? refusalText(error) : undefined}
        onChange={(event) => setDays(event.target.value.trim())}
        aside={
          <Button type="submit" reason={reason} quietReason busy={isBusy}>
            {current === undefined ? t('rotation.turnOn') : t('common.save')}
          </Button>
        }
      />
      <SubmitError
        cause={error}
        text={error === undefined || isOfField ? undefined : refusalText(error)}
      />
    </form>
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
