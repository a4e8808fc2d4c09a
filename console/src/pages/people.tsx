/** Who has access: the people of the project, and one's own access keys. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type AccessKey, createAccessKey, listAccessKeys, listPeople, setAccessKey } from '../api/admin.ts'
import { notify } from '../notices.ts'
import { Button } from '../parts/button.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { Failed, Loaded } from '../parts/states.tsx'
import { ActionsHeader, Table } from '../parts/table.tsx'
import { RelativeTime, ShortTime } from '../parts/time.tsx'
import { useMay, useSession } from '../session.ts'
import { DeleteAccessKeyDialog, NewSecretDialog } from './access-key-dialogs.tsx'

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
  const [made, setMade] = useState<{ id: string; secret: string }>()
  const [ending, setEnding] = useState<AccessKey>()
  const [error, setError] = useState<unknown>()
  const found = useQuery({ queryKey: ['access-keys'], queryFn: listAccessKeys })
  const act = async (one: () => Promise<void>): Promise<void> => {
    setError(undefined)
    try {
      await one()
      await client.invalidateQueries({ queryKey: ['access-keys'] })
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <Panel
      title={t('people.accessKeys')}
      actions={
        <Button
          small
          onClick={() =>
            void act(async () => {
              const { id, secret } = await createAccessKey()
              setMade({ id, secret })
            })
          }
        >
          {t('people.createKey')}
        </Button>
      }
    >
      <p className="panel-text soft">{t('people.accessKeysLead')}</p>
      {error !== undefined && (
        <div className="panel-text">
          <Failed error={error} />
        </div>
      )}
      <Loaded of={found} rows={2}>
        {({ access_keys }) =>
          access_keys.length === 0 ? (
            <p className="panel-text soft">{t('people.noAccessKeys')}</p>
          ) : (
            <Table label={t('people.accessKeys')}>
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
                {access_keys.map((key) => (
                  <tr key={key.id}>
                    <th scope="row" className="mono">
                      {key.id}
                    </th>
                    <td>{key.enabled ? t('status.enabled') : t('status.disabled')}</td>
                    <td>
                      <ShortTime at={key.created_at} />
                    </td>
                    <td>
                      <RelativeTime at={key.created_at} />
                    </td>
                    <td>
                      <span className="line end">
                        <Button
                          small
                          aria-label={`${key.enabled ? t('actions.disable') : t('actions.enable')} ${key.id}`}
                          onClick={() =>
                            void act(async () => {
                              await setAccessKey(key.id, !key.enabled)
                              notify('ok', t(key.enabled ? 'people.keyDisabled' : 'people.keyEnabled', { id: key.id }))
                            })
                          }
                        >
                          {key.enabled ? t('actions.disable') : t('actions.enable')}
                        </Button>
                        <Button small aria-label={`${t('people.deleteKey')} ${key.id}`} onClick={() => setEnding(key)}>
                          {t('people.deleteKey')}
                        </Button>
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </Table>
          )
        }
      </Loaded>
      {made !== undefined && <NewSecretDialog id={made.id} secret={made.secret} onClose={() => setMade(undefined)} />}
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
  const found = useQuery({ queryKey: ['people'], queryFn: listPeople })
  return (
    <Panel title={t('people.people')}>
      <Loaded of={found} rows={2}>
        {({ people }) => (
          <Table label={t('people.people')}>
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
              {people.map((person) => (
                <tr key={person.id}>
                  <th scope="row">
                    {person.name} {person.id === user.id && <span className="muted">({t('people.you')})</span>}
                  </th>
                  <td>{t(`roles.${person.role as 'admin'}`)}</td>
                  <td>{person.enabled ? t('status.enabled') : t('status.disabled')}</td>
                  <td>
                    <ShortTime at={person.created_at} />
                  </td>
                  <td className="mono">{person.id}</td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </Loaded>
    </Panel>
  )
}
