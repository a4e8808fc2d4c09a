/** The grants of a key, each with the button that ends it. */
import { useTranslation } from 'react-i18next'
import { mayRetire } from '../../../../../src/domain/access/grants.ts'
import type { KeyDetails } from '../../../api/admin.ts'
import type { Grant } from '../../../api/kms.ts'
import { useSession } from '../../../app/session.ts'
import { enumeration, shortId } from '../../../parts/data/format.ts'
import { Rows } from '../../../parts/data/rows.tsx'
import { ActionsHeader, RowActions, RowButton, Table } from '../../../parts/data/table.tsx'
import { ShortTime } from '../../../parts/data/time.tsx'
import { useNames } from '../../people/names.ts'
import { useKeyActions } from '../use-key-actions.ts'

/** A grant that is about to end: by somebody who manages the key, or by one that it names. */
export type Ending = { readonly kind: 'revoke' | 'retire'; readonly grant: Grant }

type Props = {
  readonly item: KeyDetails
  readonly grants: readonly Grant[]
  readonly granteeName: (grant: Grant) => string
  readonly onEnd: (ending: Ending) => void
}

export function GrantTable({ item, grants, granteeName, onEnd }: Props) {
  const { t } = useTranslation()
  return (
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
          {(grant) => (
            <GrantRow item={item} grant={grant} grantee={granteeName(grant)} onEnd={onEnd} />
          )}
        </Rows>
      </tbody>
    </Table>
  )
}

type RowProps = Pick<Props, 'item' | 'onEnd'> & {
  readonly grant: Grant
  readonly grantee: string
}

function GrantRow({ item, grant, grantee, onEnd }: RowProps) {
  const { t } = useTranslation()
  return (
    <tr>
      <th scope="row" className="text-cell" title={grant.grant_id}>
        {grantName(grant)}
      </th>
      <td className="text-cell" data-label={t('words.grantee')}>
        {grantee}
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
      <EndActions item={item} grant={grant} onEnd={onEnd} />
    </tr>
  )
}

function EndActions({ item, grant, onEnd }: Omit<RowProps, 'grantee'>) {
  const { t } = useTranslation()
  const mayManage = useKeyActions(item).may('change')
  const mayEnd = useMayRetire()
  const name = grantName(grant)
  return (
    <RowActions>
      {mayManage && (
        <RowButton
          name={t('grants.revokeOf', { name })}
          onClick={() => onEnd({ kind: 'revoke', grant })}
        >
          {t('grants.revoke')}
        </RowButton>
      )}
      {!mayManage && mayEnd(grant) && (
        <RowButton
          name={t('grants.retireOf', { name })}
          onClick={() => onEnd({ kind: 'retire', grant })}
        >
          {t('grants.retire')}
        </RowButton>
      )}
    </RowActions>
  )
}

function grantName({ name, grant_id }: Grant): string {
  return name === '' ? shortId(grant_id) : name
}

function PersonName({ id }: { readonly id: string }) {
  return useNames()(id)
}

/** Whether the grant itself lets the person end it. */
function useMayRetire(): (grant: Grant) => boolean {
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
