/**
 * Where the person works: project and region in the top bar, and a dialog with all that a client
 * needs to know of it.
 */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { endpointOf, systemQuery } from '../../features/clients/endpoint.ts'
import { usePlaceFacts } from '../../features/clients/place-facts.tsx'
import { Button } from '../../parts/controls/button.tsx'
import { CopyButton } from '../../parts/controls/copy.tsx'
import { Dialog } from '../../parts/controls/dialog.tsx'
import { Facts } from '../../parts/page/panel.tsx'
import { useSession } from '../session.ts'

/** A narrow screen shows the project alone; the dialog has the rest. */
export function ProjectPlace() {
  const { t } = useTranslation()
  const { project } = useSession()
  const places = [
    { label: t('words.project'), value: project.name },
    { label: t('words.region'), value: project.region },
  ]
  return (
    <dl className="place">
      {places.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd title={value}>{value}</dd>
          <dd className="place-copy">
            <CopyButton value={value} name={label} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

export function PlaceDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const { data } = useQuery(systemQuery)
  const placeFacts = usePlaceFacts()
  return (
    <Dialog
      title={t('shell.place')}
      lead={t('shell.placeLead')}
      onClose={onClose}
      footer={
        <Button onClick={onClose} data-autofocus>
          {t('common.close')}
        </Button>
      }
    >
      <Facts facts={placeFacts(endpointOf(data?.settings.public_url ?? null))} />
    </Dialog>
  )
}
