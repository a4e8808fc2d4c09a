/**
 * A new access key with its secret, which is shown this once: as a file that clients take, and how
 * each of them takes it.
 */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  accessKeyFields,
  type CredentialsFields,
  placeFields,
} from '../../../../src/domain/access/credentials-file.ts'
import { useHold } from '../../app/history.ts'
import { useSession } from '../../app/session.ts'
import { Button } from '../../parts/controls/button.tsx'
import { Copied } from '../../parts/controls/copy.tsx'
import { Dialog } from '../../parts/controls/dialog.tsx'
import { CheckField } from '../../parts/controls/field.tsx'
import { download } from '../../parts/data/download.ts'
import { Facts } from '../../parts/page/panel.tsx'
import { ClientSetup } from '../clients/client-setup.tsx'
import type { Endpoint } from '../clients/endpoint.ts'
import { usePlaceFacts } from '../clients/place-facts.tsx'

export type MadeAccessKey = {
  readonly id: string
  readonly secret: string
  readonly endpoint: Endpoint
}

type Props = MadeAccessKey & { readonly onClose: () => void }

export function NewSecretDialog({ onClose, ...made }: Props) {
  const { id, secret, endpoint } = made
  const { t } = useTranslation()
  const { project } = useSession()
  const placeFacts = usePlaceFacts()
  const [isSaved, setSaved] = useState(false)
  useHold(isSaved ? undefined : { kind: 'secret-key', checkValue: null, overwrite: () => {} })
  const name = `holdfast-${id}.json`
  return (
    <Dialog
      wide
      title={t('people.secretTitle')}
      lead={t('people.secretLead')}
      onClose={() => isSaved && onClose()}
      footer={
        <Button
          kind="primary"
          reason={isSaved ? undefined : t('people.saveFirst')}
          quietReason
          onClick={onClose}
        >
          {t('common.done')}
        </Button>
      }
    >
      <Facts
        facts={[
          { name: 'AK', value: <Copied name="AK" value={id} /> },
          { name: 'SK', value: <Copied name="SK" value={secret} /> },
          ...placeFacts(endpoint),
        ]}
      />
      <CredentialsDownload made={made} name={name} />
      <CheckField
        label={t('people.saved')}
        checked={isSaved}
        onChange={(event) => setSaved(event.target.checked)}
      />
      <ClientSetup endpoint={endpoint.url} region={project.region} file={name} />
    </Dialog>
  )
}

type DownloadProps = {
  readonly made: MadeAccessKey
  /** Of the file. */
  readonly name: string
}

/** The button that saves the access key and where it works as one file. */
function CredentialsDownload({ made: { id, secret, endpoint }, name }: DownloadProps) {
  const { t } = useTranslation()
  const { project, user } = useSession()
  const fields: CredentialsFields = {
    endpoint: endpoint.url,
    region: project.region,
    project_id: project.id,
    project_name: project.name,
    domain_id: project.domain_id,
    account_id: project.account_id,
    user_name: user.name,
    access_key: id,
    secret_key: secret,
  }
  return (
    <p>
      <Button
        icon="download"
        onClick={() => download(name, 'application/json', fileOf(fields))}
        data-autofocus
      >
        {t('people.downloadSecret')}
      </Button>
    </p>
  )
}

/** As the server writes it at its first start, except the password: one field a line. */
function fileOf(fields: CredentialsFields): string {
  const ordered = Object.fromEntries(
    [...placeFields, ...accessKeyFields].map((name) => [name, fields[name]]),
  )
  return `${JSON.stringify(ordered, undefined, 2)}\n`
}
