/** A secret that is shown once; and the end of an access key, which nothing undoes. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { deleteAccessKey } from '../api/admin.ts'
import { download } from '../download.ts'
import { notify } from '../notices.ts'
import { Button } from '../parts/button.tsx'
import { CopyButton } from '../parts/copy.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { CheckField, TextField } from '../parts/field.tsx'
import { Facts } from '../parts/panel.tsx'
import { Failed } from '../parts/states.tsx'

type SecretProps = { readonly id: string; readonly secret: string; readonly onClose: () => void }

export function NewSecretDialog({ id, secret, onClose }: SecretProps) {
  const { t } = useTranslation()
  const [isSaved, setSaved] = useState(false)
  const file = (): void =>
    download(
      `holdfast-${id}.json`,
      'application/json',
      `${JSON.stringify({ access_key: id, secret_key: secret }, undefined, 2)}\n`,
    )
  return (
    <Dialog
      title={t('people.secretTitle')}
      lead={t('people.secretLead')}
      onClose={() => isSaved && onClose()}
      footer={
        <Button kind="primary" reason={isSaved ? undefined : t('people.saveFirst')} quietReason onClick={onClose}>
          {t('common.done')}
        </Button>
      }
    >
      <Facts
        facts={[
          {
            name: 'AK',
            value: (
              <span className="mono break">
                {id}
                <CopyButton value={id} name="AK" />
              </span>
            ),
          },
          {
            name: 'SK',
            value: (
              <span className="mono break">
                {secret}
                <CopyButton value={secret} name="SK" />
              </span>
            ),
          },
        ]}
      />
      <p>
        <Button icon="download" onClick={file} data-autofocus>
          {t('people.downloadSecret')}
        </Button>
      </p>
      <CheckField label={t('people.saved')} checked={isSaved} onChange={(event) => setSaved(event.target.checked)} />
    </Dialog>
  )
}

type EndProps = { readonly id: string; readonly onClose: () => void; readonly onDone: () => void }

export function DeleteAccessKeyDialog({ id, onClose, onDone }: EndProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const end = async (): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await deleteAccessKey(id)
      notify('ok', t('people.keyDeleted', { id }))
      onDone()
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return (
    <Dialog
      alert
      title={t('people.deleteTitle', { id })}
      lead={t('people.deleteLead')}
      onClose={onClose}
      footer={
        <>
          <Button data-autofocus onClick={onClose}>
            {t('people.keepKey')}
          </Button>
          <Button
            kind="danger"
            busy={isBusy}
            reason={typed.trim() === id ? undefined : t('people.typeName', { id })}
            quietReason
            onClick={() => void end()}
          >
            {t('people.deleteKey')}
          </Button>
        </>
      }
    >
      {error !== undefined && <Failed error={error} />}
      <p>{t('people.deleteInstead')}</p>
      <TextField
        label={t('people.typeName', { id })}
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
    </Dialog>
  )
}
