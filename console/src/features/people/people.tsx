/** Who has access: the people of the project, and one's own access keys. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type AccessKey, listAccessKeys, setAccessKey } from '../../api/admin.ts'
import { useRefusalText } from '../../api/refusal.ts'
import { notify } from '../../app/notices.ts'
import { useMay, useSession } from '../../app/session.ts'
import { Button } from '../../parts/controls/button.tsx'
import { RowError } from '../../parts/controls/submit-error.tsx'
import { Rows } from '../../parts/data/rows.tsx'
import { ActionsHeader, Table } from '../../parts/data/table.tsx'
import { RelativeTime, ShortTime } from '../../parts/data/time.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Panel } from '../../parts/page/panel.tsx'
import { Loaded } from '../../parts/page/states.tsx'
import { CreateAccessKeyDialog, DeleteAccessKeyDialog } from './access-key-dialogs.tsx'
import { peopleQuery } from './names.ts'
import { type MadeAccessKey, NewSecretDialog } from './new-secret-dialog.tsx'

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function PeoplePage() {
  const { t } = useTranslation()
  const mayPeople = useMay('people')
  const mayKeys = useMay('credentials')
  return (
    <Page title={t('nav.people')}>
      <div className="stack wide">
        {mayKeys && <AccessKeys />}
        {mayPeople && <People />}
        {!mayPeople && <p className="soft">{t('people.role')}</p>}
      </div>
    </Page>
  )
}

function AccessKeys() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [made, setMade] = useState<MadeAccessKey>()
  const [isCreating, setCreating] = useState(false)
  const [ending, setEnding] = useState<AccessKey>()
  const refusalText = useRefusalText()
  const [failed, setFailed] = useState<{ readonly id: string; readonly error: unknown }>()
  const found = useQuery({ queryKey: ['access-keys'], queryFn: listAccessKeys })
  const turn = async ({ id, enabled }: AccessKey): Promise<void> => {
    setFailed(undefined)
    try {
      await setAccessKey(id, !enabled)
      notify('ok', t(enabled ? 'people.keyDisabled' : 'people.keyEnabled', { id }))
      await client.invalidateQueries({ queryKey: ['access-keys'] })
    } catch (error) {
      setFailed({ id, error })
    }
  }
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
      <Loaded of={found} rows={2}>
        {({ access_keys }) =>
          access_keys.length === 0 ? (
            <p className="panel-text soft">{t('people.noAccessKeys')}</p>
          ) : (
            <Table label={t('people.accessKeys')} kind="cards">
              <thead>
                <tr>
                  <th scope="col">AK</th>
                  <th scope="col">{t('words.status')}</th>
                  <th scope="col">{t('words.created')}</th>
                  <th scope="col">{t('people.age')}</th>
                  <ActionsHeader />
                </tr>
              </thead>
              <tbody>
                <Rows of={access_keys} name={(key) => key.id}>
                  {(key) => (
                    <>
                      <tr>
                        <th scope="row" className="mono">
                          {key.id}
                        </th>
                        <td data-label={t('words.status')}>
                          {key.enabled ? t('status.enabled') : t('status.disabled')}
                        </td>
                        <td data-label={t('words.created')}>
                          <ShortTime at={key.created_at} />
                        </td>
                        <td data-label={t('people.age')}>
                          <RelativeTime at={key.created_at} />
                        </td>
                        <td>
                          <span className="line end">
                            <Button
                              small
                              aria-label={`${key.enabled ? t('actions.disable') : t('actions.enable')} ${key.id}`}
                              onClick={() => void turn(key)}
                            >
                              {key.enabled ? t('actions.disable') : t('actions.enable')}
                            </Button>
                            <Button
                              small
                              aria-label={`${t('people.deleteKey')} ${key.id}`}
                              onClick={() => setEnding(key)}
                            >
                              {t('people.deleteKey')}
                            </Button>
                          </span>
                        </td>
                      </tr>
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
      {isCreating && (
        <CreateAccessKeyDialog
          onClose={() => setCreating(false)}
          onMade={(key) => {
            setCreating(false)
            setMade(key)
            void client.invalidateQueries({ queryKey: ['access-keys'] })
          }}
        />
      )}
      {made !== undefined && <NewSecretDialog {...made} onClose={() => setMade(undefined)} />}
      {ending !== undefined && (
        <DeleteAccessKeyDialog
          id={ending.id}
          onClose={() => setEnding(undefined)}
          onDone={() => {
            setEnding(undefined)
            void client.invalidateQueries({ queryKey: ['access-keys'] })
          }}
        />
      )}
    </Panel>
  )
}

function People() {
  const { t } = useTranslation()
  const { user } = useSession()
  const found = useQuery(peopleQuery)
  return (
    <Panel title={t('people.people')}>
      <Loaded of={found} rows={2}>
        {({ people }) => (
          <Table label={t('people.people')} kind="cards">
            <thead>
              <tr>
                <th scope="col">{t('people.name')}</th>
                <th scope="col">{t('words.role')}</th>
                <th scope="col">{t('words.status')}</th>
                <th scope="col">{t('words.created')}</th>
                <th scope="col">{t('people.id')}</th>
              </tr>
            </thead>
            <tbody>
              <Rows of={people} name={(person) => person.id}>
                {(person) => (
                  <tr>
                    <th scope="row">
                      {person.name}{' '}
                      {person.id === user.id && <span className="muted">({t('people.you')})</span>}
                    </th>
                    <td data-label={t('words.role')}>{t(`roles.${person.role as 'admin'}`)}</td>
                    <td data-label={t('words.status')}>
                      {person.enabled ? t('status.enabled') : t('status.disabled')}
                    </td>
                    <td data-label={t('words.created')}>
                      <ShortTime at={person.created_at} />
                    </td>
                    <td className="mono" data-label={t('people.id')}>
                      <span className="break">{person.id}</span>
                    </td>
                  </tr>
                )}
              </Rows>
            </tbody>
          </Table>
        )}
      </Loaded>
    </Panel>
  )
}
