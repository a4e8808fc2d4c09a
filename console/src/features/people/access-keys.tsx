/** A person's own access keys: made, enabled, disabled and deleted here. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type AccessKey, listAccessKeys, setAccessKey } from '../../api/admin.ts'
import { useRefusalText } from '../../api/refusal.ts'
import { notify } from '../../app/notices.ts'
import { Button } from '../../parts/controls/button.tsx'
import { RowError } from '../../parts/controls/submit-error.tsx'
import { Rows } from '../../parts/data/rows.tsx'
import { ActionsHeader, Table } from '../../parts/data/table.tsx'
import { RelativeTime, ShortTime } from '../../parts/data/time.tsx'
import { Panel } from '../../parts/page/panel.tsx'
import { Loaded } from '../../parts/page/states.tsx'
import { CreateAccessKeyDialog, DeleteAccessKeyDialog } from './access-key-dialogs.tsx'
import { type MadeAccessKey, NewSecretDialog } from './new-secret-dialog.tsx'

const queryKey = ['access-keys']

/** The panel of the access keys, with its dialogs. */
export function AccessKeys() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [isCreating, setCreating] = useState(false)
  const [ending, setEnding] = useState<AccessKey>()
  return (
    <Panel
      title={t('people.accessKeys')}
      actions={
        <Button small onClick={() => setCreating(true)}>
          {t('people.createKey')}
        </Button>
      }
    >
      <p className="panel-text soft">{t('people.accessKeysLead')}</p>
      <AccessKeyList onEnd={setEnding} />
      {isCreating && <AccessKeyCreation onClose={() => setCreating(false)} />}
      {ending !== undefined && (
        <DeleteAccessKeyDialog
          id={ending.id}
          onClose={() => setEnding(undefined)}
          onDone={() => {
            setEnding(undefined)
            void client.invalidateQueries({ queryKey })
          }}
        />
      )}
    </Panel>
  )
}

/** The dialog that makes an access key, then the one that shows its secret. */
function AccessKeyCreation({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const [made, setMade] = useState<MadeAccessKey>()
  if (made !== undefined) return <NewSecretDialog {...made} onClose={onClose} />
  return (
    <CreateAccessKeyDialog
      onClose={onClose}
      onMade={(key) => {
        setMade(key)
        void client.invalidateQueries({ queryKey })
      }}
    />
  )
}

/** @param onEnd called with the one that is to be deleted. */
function AccessKeyList({ onEnd }: { readonly onEnd: (item: AccessKey) => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [failed, setFailed] = useState<{ readonly id: string; readonly error: unknown }>()
  const found = useQuery({ queryKey, queryFn: listAccessKeys })
  const turn = async ({ id, enabled }: AccessKey): Promise<void> => {
    setFailed(undefined)
    try {
      await setAccessKey(id, !enabled)
      notify('ok', t(enabled ? 'people.keyDisabled' : 'people.keyEnabled', { id }))
      await client.invalidateQueries({ queryKey })
    } catch (error) {
      setFailed({ id, error })
    }
  }
  return (
    <Loaded of={found} rows={2}>
      {({ access_keys }) =>
        access_keys.length === 0 ? (
          <p className="panel-text soft">{t('people.noAccessKeys')}</p>
        ) : (
          <Table label={t('people.accessKeys')} kind="cards">
            <AccessKeyHead />
            <tbody>
              <Rows of={access_keys} name={(key) => key.id}>
                {(key) => (
                  <>
                    <AccessKeyRow
                      item={key}
                      onTurn={() => void turn(key)}
                      onEnd={() => onEnd(key)}
                    />
                    {failed?.id === key.id && (
                      <RowError columns={5} cause={failed} text={refusalText(failed.error)} />
                    )}
                  </>
                )}
              </Rows>
            </tbody>
          </Table>
        )
      }
    </Loaded>
  )
}

function AccessKeyHead() {
  const { t } = useTranslation()
  return (
    <thead>
      <tr>
        <th scope="col">AK</th>
        <th scope="col">{t('words.status')}</th>
        <th scope="col">{t('words.created')}</th>
        <th scope="col">{t('people.age')}</th>
        <ActionsHeader />
      </tr>
    </thead>
  )
}

type RowProps = {
  readonly item: AccessKey
  /** Enables it when it is disabled, and the other way round. */
  readonly onTurn: () => void
  readonly onEnd: () => void
}

function AccessKeyRow({ item: { id, enabled, created_at }, onTurn, onEnd }: RowProps) {
  const { t } = useTranslation()
  const turning = enabled ? t('actions.disable') : t('actions.enable')
  return (
    <tr>
      <th scope="row" className="mono">
        {id}
      </th>
      <td data-label={t('words.status')}>{enabled ? t('status.enabled') : t('status.disabled')}</td>
      <td data-label={t('words.created')}>
        <ShortTime at={created_at} />
      </td>
      <td data-label={t('people.age')}>
        <RelativeTime at={created_at} />
      </td>
      <td>
        <span className="line end">
          <Button small aria-label={`${turning} ${id}`} onClick={onTurn}>
            {turning}
          </Button>
          <Button small aria-label={`${t('people.deleteKey')} ${id}`} onClick={onEnd}>
            {t('people.deleteKey')}
          </Button>
        </span>
      </td>
    </tr>
  )
}
