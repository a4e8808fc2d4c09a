/**
 * User name, password and, where several projects have such a user, the project. Paste and password
 * managers are welcome.
 */
import { type Ref, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { signIn } from '../../api/admin.ts'
import { useHeldBack } from '../../api/held-back.ts'
import { isRefusal, Objection, useRefusalText } from '../../api/refusal.ts'
import { signedIn } from '../../app/session.ts'
import { Button } from '../../parts/controls/button.tsx'
import { TextField } from '../../parts/controls/field.tsx'
import { SubmitError } from '../../parts/controls/submit-error.tsx'

type Props = {
  readonly userName?: string
  readonly project?: string
  readonly onPassword?: (password: string) => void
}

/** The fields, whose values the browser holds, and what sends them. */
function useSignIn({ project, onPassword }: Props) {
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const name = useRef<HTMLInputElement>(null)
  const password = useRef<HTMLInputElement>(null)
  const place = useRef<HTMLInputElement>(null)
  const enter = async (): Promise<void> => {
    const user_name = name.current?.value ?? ''
    const secret = password.current?.value ?? ''
    const chosen = project ?? place.current?.value.trim() ?? ''
    if (user_name === '' || secret === '') return setError(new Objection('signIn.incomplete'))
    setBusy(true)
    setError(undefined)
    try {
      const session = await signIn({
        user_name,
        password: secret,
        ...(chosen !== '' && { project: chosen }),
      })
      if (session.must_change_password) onPassword?.(secret)
      else if (password.current !== null) password.current.value = ''
      signedIn(session)
    } catch (refusal) {
      // Nobody looked at a password that is held back: it stays, to be sent when the time is over.
      const isWrong = isRefusal(refusal, 'credentials-invalid')
      if (isWrong && password.current !== null) password.current.value = ''
      setError(isWrong ? new Objection('message.credentialsWrong') : refusal)
    } finally {
      setBusy(false)
    }
  }
  return { name, password, place, error, isBusy, enter }
}

/** @param onPassword told the password that was right, where it has to be replaced next. */
export function SignInForm(props: Props) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const form = useSignIn(props)
  const { error, isBusy } = form
  const { left, standing } = useHeldBack(error)
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy && left === 0) void form.enter()
      }}
    >
      <Credentials form={form} userName={props.userName ?? ''} />
      {props.project === undefined && <ProjectField ref={form.place} />}
      <SubmitError
        cause={error}
        text={standing === undefined ? undefined : refusalText(standing)}
        counts={left > 0}
      />
      <Button
        type="submit"
        kind="primary"
        busy={isBusy}
        reason={left > 0 ? refusalText(error) : undefined}
        quietReason
      >
        {t('signIn.enter')}
      </Button>
    </form>
  )
}

type CredentialsProps = {
  readonly form: ReturnType<typeof useSignIn>
  /** Empty where nobody was signed in. */
  readonly userName: string
}

/** User name and password; the focus begins in the first of them that is empty. */
function Credentials({ form, userName }: CredentialsProps) {
  const { t } = useTranslation()
  return (
    <>
      <TextField
        ref={form.name}
        label={t('signIn.userName')}
        name="user_name"
        autoComplete="username"
        defaultValue={userName}
        autoCapitalize="none"
        spellCheck={false}
        autoFocus={userName === ''}
        {...(userName === '' && { 'data-autofocus': true })}
      />
      <TextField
        ref={form.password}
        label={t('signIn.password')}
        name="password"
        type="password"
        autoComplete="current-password"
        {...(userName !== '' && { 'data-autofocus': true })}
      />
    </>
  )
}

/** Folded away: few user names are those of several projects. */
function ProjectField({ ref }: { readonly ref: Ref<HTMLInputElement> }) {
  const { t } = useTranslation()
  return (
    <details>
      <summary>{t('signIn.otherProject')}</summary>
      <TextField
        ref={ref}
        label={t('signIn.project')}
        name="project"
        hint={t('signIn.projectHint')}
        spellCheck={false}
      />
    </details>
  )
}
