/** Imports that were begun and not finished: to be continued here or on another computer. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { discardImport, listImports } from '../../api/admin.ts'
import { useRefusalText } from '../../api/refusal.ts'
import { notify } from '../../app/notices.ts'
import { useMay } from '../../app/session.ts'
import { Button, ButtonLink } from '../../parts/controls/button.tsx'
import { RowError } from '../../parts/controls/submit-error.tsx'
import { Rows } from '../../parts/data/rows.tsx'
import { ActionsHeader, Pager, Table } from '../../parts/data/table.tsx'
import { ShortTime } from '../../parts/data/time.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Empty, Loaded } from '../../parts/page/states.tsx'
import { nameOf } from '../key/key-name.ts'
import { useNames } from '../people/names.ts'

const pageSize = 50

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function ImportsPage() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const names = useNames()
  const mayImport = useMay('import')
  const [page, setPage] = useState(1)
  const [failed, setFailed] = useState<{ readonly id: string; readonly error: unknown }>()
  const found = useQuery({
    queryKey: ['imports', page],
    queryFn: () => listImports({ offset: (page - 1) * pageSize, limit: pageSize }),
    placeholderData: keepPreviousData,
  })
  const discard = async (id: string): Promise<void> => {
    setFailed(undefined)
    try {
      await discardImport(id)
      notify('info', t('imports.discarded'))
      await client.invalidateQueries()
    } catch (error) {
      setFailed({ id, error })
    }
  }
  return (
    <Page title={t('nav.imports')}>
      <Loaded of={found} rows={4}>
        {({ imports, total }) =>
          total === 0 ? (
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
          ) : (
            <div className="panel">
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
                <tbody>
                  <Rows of={imports} name={({ key }) => key.id}>
                    {({ key, step, by, token_until, updated_at }) => (
                      <>
                        <tr>
                          <th scope="row">
                            <Link href={`/keys/${key.id}`} className="break">
                              {nameOf(key)}
                            </Link>
                          </th>
                          <td className="mono" data-label={t('words.spec')}>
                            {key.spec}
                          </td>
                          <td data-label={t('imports.step')}>
                            {step === null ? '—' : t(`import.step.${step}`)}
                            {updated_at !== null && (
                              <span className="under muted">
                                <ShortTime at={updated_at} />
                              </span>
                            )}
                          </td>
                          <td data-label={t('imports.token')}>
                            {token_until === null ? '—' : <ShortTime at={token_until} />}
                          </td>
                          <td data-label={t('imports.by')}>{by === null ? '—' : names(by)}</td>
                          <td>
                            {mayImport && (
                              <span className="line end">
                                <ButtonLink
                                  href={`/keys/${key.id}/import`}
                                  small
                                  kind="primary"
                                  label={`${t('actions.continue')}: ${nameOf(key)}`}
                                >
                                  {t('actions.continue')}
                                </ButtonLink>
                                <Button
                                  small
                                  aria-label={`${t('imports.discard')}: ${nameOf(key)}`}
                                  onClick={() => void discard(key.id)}
                                >
                                  {t('imports.discard')}
                                </Button>
                              </span>
                            )}
                          </td>
                        </tr>
                        {failed?.id === key.id && (
                          <RowError columns={6} cause={failed} text={refusalText(failed.error)} />
                        )}
                      </>
                    )}
                  </Rows>
                </tbody>
              </Table>
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
