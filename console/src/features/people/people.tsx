/** Who has access: the people of the project, and one's own access keys. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMay, useSession } from '../../app/session.ts'
import { Rows } from '../../parts/data/rows.tsx'
import { Table } from '../../parts/data/table.tsx'
import { ShortTime } from '../../parts/data/time.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Panel } from '../../parts/page/panel.tsx'
import { Loaded } from '../../parts/page/states.tsx'
import { AccessKeys } from './access-keys.tsx'
import { peopleQuery } from './names.ts'

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
