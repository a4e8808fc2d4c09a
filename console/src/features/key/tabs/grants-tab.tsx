/** Who may do what with one key, in addition to the roles of its project. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { grantsPerKey, mayRetire } from '../../../../../src/domain/access/grants.ts'
import type { KeyDetails } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { useSession } from '../../../app/session.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { enumeration, shortId } from '../../../parts/data/format.ts'
import { Rows } from '../../../parts/data/rows.tsx'
import { ActionsHeader, RowActions, RowButton, Table } from '../../../parts/data/table.tsx'
import { ShortTime } from '../../../parts/data/time.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { Empty, Loaded } from '../../../parts/page/states.tsx'
import { useNames } from '../../people/names.ts'
import { CreateGrantDialog } from '../dialogs/create-grant-dialog.tsx'
import { SimpleDialog } from '../dialogs/simple-dialog.tsx'
import { ManagersNote } from '../managers-note.tsx'
import { useKeyActions } from '../use-key-actions.ts'

type Ending = { readonly kind: 'revoke' | 'retire'; readonly grant: kms.Grant }

export function GrantsTab({ item }: { readonly item: KeyDetails }) {
  const { t } = useTranslation()
  const actions = useKeyActions(item)
  const mayManage = actions.may('change')
  const mayEnd = useMayRetire()
  const granteeName = useGranteeName()
  const [isCreating, setCreating] = useState(false)
  const [ending, setEnding] = useState<Ending>()
  const found = useQuery({
    queryKey: ['key', item.id, 'grants', item.revision],
    queryFn: () => kms.listGrants(item.id),
  })
  const reason =
    actions.reason('change') ??
    (item.grants < grantsPerKey ? undefined : t('errors.too-many-grants'))
  const close = (): void => setEnding(undefined)
  return (
    <Panel
      title={t('words.grants')}
      actions={
        mayManage && (
          <Button small reason={reason} onClick={() => setCreating(true)}>
            {t('grants.create')}
          </Button>
        )
      }
    >
      <ManagersNote />
      <Loaded of={found} rows={3}>
        {(grants) =>
          grants.length === 0 ? (
            <Empty action={<Link href="/people">{t('nav.people')}</Link>}>{t('grants.none')}</Empty>
          ) : (
            <Table label={t('words.grants')} kind="cards">
              <thead>
                <tr>
                  <th scope="col">{t('grants.name')}</th>
                  <th scope="col">{t('words.grantee')}</th>
                  <th scope="col">{t('grants.operations')}</th>
                  <th scope="col">{t('grants.retiring')}</th>
                  <th scope="col">{t('words.created')}</th>
                  <ActionsHeader />
                </tr>
              </thead>
              <tbody>
                <Rows of={grants} name={(grant) => grant.grant_id}>
                  {(grant) => {
                    const name = grant.name === '' ? shortId(grant.grant_id) : grant.name
                    return (
                      <tr>
                        <th scope="row" className="text-cell" title={grant.grant_id}>
                          {name}
                        </th>
                        <td className="text-cell" data-label={t('words.grantee')}>
                          {granteeName(grant)}
                        </td>
                        <td className="operations-cell" data-label={t('grants.operations')}>
                          {enumeration(grant.operations.map((one) => t(`grants.operation.${one}`)))}
                        </td>
                        <td data-label={t('grants.retiring')}>
                          {grant.retiring_principal === '' ? (
                            <span className="muted">—</span>
                          ) : (
                            <PersonName id={grant.retiring_principal} />
                          )}
                        </td>
                        <td data-label={t('words.created')}>
                          <ShortTime at={Number(grant.creation_date)} />
                        </td>
                        <RowActions>
                          {mayManage && (
                            <RowButton
                              name={t('grants.revokeOf', { name })}
                              onClick={() => setEnding({ kind: 'revoke', grant })}
                            >
                              {t('grants.revoke')}
                            </RowButton>
                          )}
                          {!mayManage && mayEnd(grant) && (
                            <RowButton
                              name={t('grants.retireOf', { name })}
                              onClick={() => setEnding({ kind: 'retire', grant })}
                            >
                              {t('grants.retire')}
                            </RowButton>
                          )}
                        </RowActions>
                      </tr>
                    )
                  }}
                </Rows>
              </tbody>
            </Table>
          )
        }
      </Loaded>
      {isCreating && (
        <CreateGrantDialog
          item={item}
          onClose={() => setCreating(false)}
          onDone={() => setCreating(false)}
        />
      )}
      {ending !== undefined && (
        <SimpleDialog
          keys={[item]}
          title={t(`grants.${ending.kind}Title`, { grantee: granteeName(ending.grant) })}
          lead={t('grants.endLead')}
          action={t(`grants.${ending.kind}`)}
          keep={t('grants.keep')}
          run={() =>
            ending.kind === 'revoke'
              ? kms.revokeGrant(item.id, ending.grant.grant_id)
              : kms.retireGrant(item.id, ending.grant.grant_id)
          }
          said={() => t('grants.ended', { grantee: granteeName(ending.grant) })}
          onClose={close}
          onDone={close}
        />
      )}
    </Panel>
  )
}

function PersonName({ id }: { readonly id: string }) {
  return useNames()(id)
}

function useGranteeName(): (grant: kms.Grant) => string {
  const { t } = useTranslation()
  const name = useNames()
  return ({ grantee_principal: id, grantee_principal_type: type }) =>
    type === 'domain' ? t('grants.everybodyOf', { id: shortId(id) }) : name(id)
}

/** Whether the grant itself lets the person end it. */
function useMayRetire(): (grant: kms.Grant) => boolean {
  const { user, project } = useSession()
  const who = { principal: user.id, domainId: project.domain_id }
  return ({
    grantee_principal,
    grantee_principal_type,
    issuing_principal,
    retiring_principal,
    operations,
  }) =>
    mayRetire(
      {
        grantee: grantee_principal,
        granteeType: grantee_principal_type,
        issuing: issuing_principal,
        retiring: retiring_principal,
        operations,
      },
      who,
    )
}
