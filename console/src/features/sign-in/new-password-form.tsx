/** A new password, twice, with its strength in words. The rules are the domain's. */
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type PasswordStrength,
  passwordBytes,
  passwordStrength,
} from '../../../../src/domain/access/passwords.ts'
import { changePassword, type Session } from '../../api/admin.ts'
import { useHeldBack } from '../../api/held-back.ts'
import { isRefusal, Objection, useRefusalText } from '../../api/refusal.ts'
import { Button } from '../../parts/controls/button.tsx'
import { CheckField, TextField } from '../../parts/controls/field.tsx'
import { SubmitError } from '../../parts/controls/submit-error.tsx'

type Props = {
  readonly userName: string
  /** The password so far, where it was typed just before; empty to ask for it. */
  readonly current: string
  readonly onDone: (session: Session) => void
}

const strengthKeys = {
  'too short': 'tooShort',
  weak: 'weak',
  fair: 'fair',
  strong: 'strong',
} as const

function strengthOf(text: string): PasswordStrength {
  const bytes = new TextEncoder().encode(text)
  return passwordStrength(bytes.length, new Set(bytes).size)
}

export function NewPasswordForm({ userName, current, onDone }: Props) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const [error, setError] = useState<{
    readonly field: 'current' | 'next' | 'again' | 'all'
    readonly cause: unknown
  }>()
  const { left, standing } = useHeldBack(error?.cause)
  const [strength, setStrength] = useState<PasswordStrength>()
  const [isBusy, setBusy] = useState(false)
  const before = useRef<HTMLInputElement>(null)
  const next = useRef<HTMLInputElement>(null)
  const again = useRef<HTMLInputElement>(null)
  const ends = useRef<HTMLInputElement>(null)

  const change = async (): Promise<void> => {
    const chosen = next.current?.value ?? ''
    const found = strengthOf(chosen)
    if (found === 'too short' || found === 'weak') {
      setError({
        field: 'next',
        cause: new Objection('errors.password-invalid', { n: passwordBytes.min }),
      })
      return
    }
    if (chosen !== again.current?.value) {
      setError({ field: 'again', cause: new Objection('signIn.differ') })
      return
    }
    setBusy(true)
    setError(undefined)
    try {
      const known = current !== '' ? current : (before.current?.value ?? '')
      onDone(await changePassword(known, chosen, ends.current?.checked === true))
    } catch (refusal) {
      const field = isRefusal(refusal, 'password-invalid')
        ? 'next'
        : isRefusal(refusal, 'password-wrong')
          ? 'current'
          : 'all'
      setError({ field: field === 'current' && current !== '' ? 'all' : field, cause: refusal })
    } finally {
      setBusy(false)
    }
  }

  const errorOf = (field: string): string | undefined =>
    error?.field === field ? refusalText(error.cause) : undefined
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy && left === 0) void change()
      }}
    >
      {/* Password managers want to know whose it is. */}
      <input
        type="text"
        name="user_name"
        autoComplete="username"
        value={userName}
        readOnly
        hidden
      />
      {current === '' && (
        <TextField
          ref={before}
          label={t('signIn.currentPassword')}
          type="password"
          autoComplete="current-password"
          error={errorOf('current')}
          data-autofocus
        />
      )}
      <TextField
        ref={next}
        label={t('signIn.newPassword')}
        type="password"
        autoComplete="new-password"
        hint={
          <>
            {t('signIn.passwordHint', { n: passwordBytes.min })}
            {strength !== undefined && (
              <b role="status"> {t(`signIn.strength.${strengthKeys[strength]}`)}</b>
            )}
          </>
        }
        error={errorOf('next')}
        onChange={(event) =>
          setStrength(event.target.value === '' ? undefined : strengthOf(event.target.value))
        }
        {...(current !== '' && { 'data-autofocus': true })}
      />
      <TextField
        ref={again}
        label={t('signIn.newPasswordAgain')}
        type="password"
        autoComplete="new-password"
        error={errorOf('again')}
      />
      {current === '' && <CheckField ref={ends} label={t('signIn.endAccessKeys')} />}
      <SubmitError
        cause={error}
        text={error?.field === 'all' && standing !== undefined ? refusalText(standing) : undefined}
        counts={left > 0}
      />
      <Button
        type="submit"
        kind="primary"
        busy={isBusy}
        reason={left > 0 ? refusalText(error?.cause) : undefined}
        quietReason
      >
        {t('signIn.setPassword')}
      </Button>
    </form>
  )
}
