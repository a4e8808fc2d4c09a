/** An access key, made by somebody who knows the password, and its end, which nothing undoes. */
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { createAccessKey, deleteAccessKey } from '../../api/admin.ts'
import { useHeldBack } from '../../api/held-back.ts'
import { isRefusal, Objection, useRefusalText } from '../../api/refusal.ts'
import { notify } from '../../app/notices.ts'
import { queries, useSession } from '../../app/session.ts'
import { ConfirmDialog } from '../../parts/controls/confirm-dialog.tsx'
import { TextField } from '../../parts/controls/field.tsx'
import { FormDialog } from '../../parts/controls/form-dialog.tsx'
import { PasswordOwner } from '../../parts/controls/password-owner.tsx'
import { SubmitError } from '../../parts/controls/submit-error.tsx'
import { endpointOf, systemQuery } from '../clients/endpoint.ts'
import type { MadeAccessKey } from './new-secret-dialog.tsx'

type CreateProps = { readonly onClose: () => void; readonly onMade: (made: MadeAccessKey) => void }

/** The field of the password, whose value the browser holds, and what sends it. */
function useKeyCreation(onMade: CreateProps['onMade']) {
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const password = useRef<HTMLInputElement>(null)
  const create = async (): Promise<void> => {
    const typed = password.current?.value ?? ''
    if (password.current !== null) password.current.value = ''
    password.current?.focus()
    if (typed === '') return setError(new Objection('people.typePassword'))
    setBusy(true)
    setError(undefined)
    try {
      // Asked first: once the key is made, nothing may keep its secret from the person.
      const { settings } = await queries.fetchQuery({ ...systemQuery, staleTime: 300_000 })
      const { id, secret } = await createAccessKey(typed)
      onMade({ id, secret, endpoint: endpointOf(settings.public_url) })
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }
  return { password, error, isBusy, create }
}

/** Asks for the password, and then makes an access key. */
export function CreateAccessKeyDialog({ onClose, onMade }: CreateProps) {
  const { t } = useTranslation()
  const { user } = useSession()
  const refusalText = useRefusalText()
  const { password, error, isBusy, create } = useKeyCreation(onMade)
  const { left, standing } = useHeldBack(error)
  const isOfField = error instanceof Objection || isRefusal(error, 'password-wrong')
  return (
    <FormDialog
      title={t('people.createKey')}
      lead={t('people.createLead')}
      onClose={onClose}
      refusal={
        <SubmitError
          cause={error}
          text={standing === undefined || isOfField ? undefined : refusalText(standing)}
          counts={left > 0}
        />
      }
      submit={t('people.createKey')}
      busy={isBusy}
      reason={left > 0 ? refusalText(error) : undefined}
      onSubmit={() => void create()}
    >
      <PasswordOwner userName={user.name} />
      <TextField
        ref={password}
        label={t('signIn.currentPassword')}
        type="password"
        autoComplete="current-password"
        error={isOfField ? refusalText(error) : undefined}
        data-autofocus
      />
    </FormDialog>
  )
}

type EndProps = { readonly id: string; readonly onClose: () => void; readonly onDone: () => void }

export function DeleteAccessKeyDialog({ id, onClose, onDone }: EndProps) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
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
    <ConfirmDialog
      title={t('people.deleteTitle', { id })}
      lead={t('people.deleteLead')}
      onClose={onClose}
      refusal={
        <SubmitError cause={error} text={error === undefined ? undefined : refusalText(error)} />
      }
      keep={t('people.keepKey')}
      action={t('people.deleteKey')}
      destroys
      busy={isBusy}
      reason={typed.trim() === id ? undefined : t('people.typeName', { id })}
      onConfirm={() => void end()}
    >
      <p>{t('people.deleteInstead')}</p>
      <TextField
        label={t('people.typeName', { id })}
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
    </ConfirmDialog>
  )
}
