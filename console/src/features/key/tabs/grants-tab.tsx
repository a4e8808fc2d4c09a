/** Who may do what with one key, in addition to the roles of its project. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { grantsPerKey } from '../../../../../src/domain/access/grants.ts'
import type { KeyDetails } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { shortId } from '../../../parts/data/format.ts'
import { Panel } from '../../../parts/page/panel.tsx'
import { Empty, Loaded } from '../../../parts/page/states.tsx'
import { useNames } from '../../people/names.ts'
import { CreateGrantDialog } from '../dialogs/create-grant-dialog.tsx'
import { SimpleDialog } from '../dialogs/simple-dialog.tsx'
import { ManagersNote } from '../managers-note.tsx'
import { useKeyActions } from '../use-key-actions.ts'
import { type Ending, GrantTable } from './grant-table.tsx'

export function GrantsTab({ item }: { readonly item: KeyDetails }) {
  const { t } = useTranslation()
  const { may, reason } = useKeyActions(item)
  const granteeName = useGranteeName()
  const [isCreating, setCreating] = useState(false)
  const [ending, setEnding] = useState<Ending>()
  const found = useQuery({
    queryKey: ['key', item.id, 'grants', item.revision],
    queryFn: () => kms.listGrants(item.id),
  })
  const tooMany = item.grants < grantsPerKey ? undefined : t('errors.too-many-grants')
  return (
    <Panel
      title={t('words.grants')}
      actions={
        may('change') && (
          <Button small reason={reason('change') ?? tooMany} onClick={() => setCreating(true)}>
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
            <GrantTable item={item} grants={grants} granteeName={granteeName} onEnd={setEnding} />
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
        <EndDialog
          item={item}
          ending={ending}
          grantee={granteeName(ending.grant)}
          onClose={() => setEnding(undefined)}
        />
      )}
    </Panel>
  )
}

function useGranteeName(): (grant: kms.Grant) => string {
  const { t } = useTranslation()
  const name = useNames()
  return ({ grantee_principal: id, grantee_principal_type: type }) =>
    type === 'domain' ? t('grants.everybodyOf', { id: shortId(id) }) : name(id)
}

type EndProps = {
  readonly item: KeyDetails
  readonly ending: Ending
  readonly grantee: string
  readonly onClose: () => void
}

function EndDialog({ item, ending: { kind, grant }, grantee, onClose }: EndProps) {
  const { t } = useTranslation()
  return (
    <SimpleDialog
      keys={[item]}
      title={t(`grants.${kind}Title`, { grantee })}
      lead={t('grants.endLead')}
      action={t(`grants.${kind}`)}
      keep={t('grants.keep')}
      run={() =>
        kind === 'revoke'
          ? kms.revokeGrant(item.id, grant.grant_id)
          : kms.retireGrant(item.id, grant.grant_id)
      }
      said={() => t('grants.ended', { grantee })}
      onClose={onClose}
      onDone={onClose}
    />
  )
}
