/** The facts of a key and of its material, and what was done with it last. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { keyActivity } from '../../../api/admin.ts'
import { useMay } from '../../../app/session.ts'
import { Facts, Panel } from '../../../parts/page/panel.tsx'
import { Loaded } from '../../../parts/page/states.tsx'
import { Hidden, RecordList } from '../../audit/records.tsx'
import { useKeyFacts, useMaterialFacts } from './overview-facts.tsx'
import type { TabProps } from './tab-props.ts'

const recent = 5

export function OverviewTab({ item, onSuccessor }: TabProps) {
  const { t } = useTranslation()
  const ofKey = useKeyFacts({ item, onSuccessor })
  const ofMaterial = useMaterialFacts(item)
  const mayAudit = useMay('audit')
  return (
    <div className="stack wide">
      <div className="columns">
        <Panel title={t('words.key')}>
          <Facts facts={ofKey} />
        </Panel>
        <Panel title={t('words.material')}>
          <Facts facts={ofMaterial} />
        </Panel>
      </div>
      {mayAudit && <RecentActivity id={item.id} />}
    </div>
  )
}

function RecentActivity({ id }: { readonly id: string }) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const found = useQuery({
    queryKey: ['key', id, 'activity', 'recent'],
    queryFn: () => keyActivity(id, { limit: recent, reads: 'hidden' }),
  })
  return (
    <Panel
      title={t('key.recent')}
      actions={<Link href={`/keys/${id}/activity`}>{t('key.allRecords')}</Link>}
    >
      <Loaded of={found} rows={recent}>
        {({ records, hidden }) => (
          <>
            {hidden > 0 && (
              <Hidden count={hidden} onShow={() => go(`/keys/${id}/activity?reads=shown`)} />
            )}
            <RecordList records={records} />
          </>
        )}
      </Loaded>
    </Panel>
  )
}
