/**
 * User name, password and, where several projects have such a user, the project. Paste and password
 * managers are welcome.
 */
import { useRef, useState } from 'react'
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

/** @param onPassword told the password that was right, where it has to be replaced next. */
export function SignInForm({ userName = '', project, onPassword }: Props) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const [error, setError] = useState<unknown>()
  const { left, standing } = useHeldBack(error)
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

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy && left === 0) void enter()
      }}
    >
      <TextField
        ref={name}
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
        ref={password}
        label={t('signIn.password')}
        name="password"
        type="password"
        autoComplete="current-password"
        {...(userName !== '' && { 'data-autofocus': true })}
      />
      {project === undefined && (
        <details>
          <summary>{t('signIn.otherProject')}</summary>
          <TextField
            ref={place}
            label={t('signIn.project')}
            name="project"
            hint={t('signIn.projectHint')}
            spellCheck={false}
          />
        </details>
      )}
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
