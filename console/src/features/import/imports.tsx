/** Imports that were begun and not finished: to be continued here or on another computer. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listImports } from '../../api/admin.ts'
import { useMay } from '../../app/session.ts'
import { ButtonLink } from '../../parts/controls/button.tsx'
import { Rows } from '../../parts/data/rows.tsx'
import { ActionsHeader, Pager, Table } from '../../parts/data/table.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Empty, Loaded } from '../../parts/page/states.tsx'
import { useNames } from '../people/names.ts'
import { type DiscardFailure, ImportRow } from './import-row.tsx'

const pageSize = 50

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function ImportsPage() {
  const { t } = useTranslation()
  const names = useNames()
  const [page, setPage] = useState(1)
  const [failure, setFailure] = useState<DiscardFailure>()
  const found = useQuery({
    queryKey: ['imports', page],
    queryFn: () => listImports({ offset: (page - 1) * pageSize, limit: pageSize }),
    placeholderData: keepPreviousData,
  })
  return (
    <Page title={t('nav.imports')}>
      <Loaded of={found} rows={4}>
        {({ imports, total }) =>
          total === 0 ? (
            <NoImports />
          ) : (
            <div className="panel">
              <ImportTable>
                <Rows of={imports} name={({ key }) => key.id}>
                  {(unfinished) => (
                    <ImportRow
                      unfinished={unfinished}
                      names={names}
                      failure={failure}
                      onFailure={setFailure}
                    />
                  )}
                </Rows>
              </ImportTable>
              {(total > pageSize || page > 1) && (
                <Pager page={page} size={pageSize} total={total} onPage={setPage} />
              )}
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}

function NoImports() {
  const { t } = useTranslation()
  const mayImport = useMay('import')
  return (
    <Empty
      action={
        mayImport && (
          <ButtonLink href="/keys/import" kind="primary">
            {t('actions.importKey')}
          </ButtonLink>
        )
      }
    >
      {t('imports.none')}
    </Empty>
  )
}

function ImportTable({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <Table label={t('nav.imports')} kind="cards">
      <thead>
        <tr>
          <th scope="col">{t('words.key')}</th>
          <th scope="col">{t('words.spec')}</th>
          <th scope="col">{t('imports.step')}</th>
          <th scope="col">{t('imports.token')}</th>
          <th scope="col">{t('imports.by')}</th>
          <ActionsHeader />
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </Table>
  )
}
