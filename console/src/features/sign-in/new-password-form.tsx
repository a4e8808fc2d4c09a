/** A new password, twice, with its strength in words. The rules are the domain's. */
import { type Ref, useRef, useState } from 'react'
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
import { PasswordOwner } from '../../parts/controls/password-owner.tsx'
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

type FieldName = 'current' | 'next' | 'again'

/** What is wrong, and the field that says so; "all" where it is not one of them. */
type Wrong = { readonly field: FieldName | 'all'; readonly cause: unknown }

/** What is wrong with a new password, as far as the page can say before it is sent. */
function wrongWith(chosen: string, again: string | undefined): Wrong | undefined {
  const found = strengthOf(chosen)
  if (found === 'too short' || found === 'weak')
    return {
      field: 'next',
      cause: new Objection('errors.password-invalid', { n: passwordBytes.min }),
    }
  if (chosen !== again) return { field: 'again', cause: new Objection('signIn.differ') }
  return undefined
}

/** The field that a refusal is about. @param isAsked whether the form has a field for `current`. */
function fieldOf(refusal: unknown, isAsked: boolean): Wrong['field'] {
  if (isRefusal(refusal, 'password-invalid')) return 'next'
  return isAsked && isRefusal(refusal, 'password-wrong') ? 'current' : 'all'
}

/** The fields, whose values the browser holds, and what sends them. */
function usePasswordChange({ current, onDone }: Props) {
  const [error, setError] = useState<Wrong>()
  const [isBusy, setBusy] = useState(false)
  const before = useRef<HTMLInputElement>(null)
  const next = useRef<HTMLInputElement>(null)
  const again = useRef<HTMLInputElement>(null)
  const ends = useRef<HTMLInputElement>(null)
  const change = async (): Promise<void> => {
    const chosen = next.current?.value ?? ''
    const wrong = wrongWith(chosen, again.current?.value)
    if (wrong !== undefined) return setError(wrong)
    setBusy(true)
    setError(undefined)
    try {
      const known = current !== '' ? current : (before.current?.value ?? '')
      onDone(await changePassword(known, chosen, ends.current?.checked === true))
    } catch (refusal) {
      setError({ field: fieldOf(refusal, current === ''), cause: refusal })
    } finally {
      setBusy(false)
    }
  }
  return { before, next, again, ends, error, isBusy, change }
}

/** Asks for a new password and sets it. */
export function NewPasswordForm(props: Props) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const form = usePasswordChange(props)
  const { error, isBusy } = form
  const { left, standing } = useHeldBack(error?.cause)
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy && left === 0) void form.change()
      }}
    >
      <PasswordOwner userName={props.userName} />
      <PasswordFields form={form} isCurrentAsked={props.current === ''} />
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

type FieldsProps = {
  readonly form: ReturnType<typeof usePasswordChange>
  readonly isCurrentAsked: boolean
}

/** The current password, unless it was typed just before, and the new one, twice. */
function PasswordFields({ form, isCurrentAsked }: FieldsProps) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const { before, next, again, ends, error } = form
  const errorOf = (field: FieldName): string | undefined =>
    error?.field === field ? refusalText(error.cause) : undefined
  return (
    <>
      {isCurrentAsked && (
        <TextField
          ref={before}
          label={t('signIn.currentPassword')}
          type="password"
          autoComplete="current-password"
          error={errorOf('current')}
          data-autofocus
        />
      )}
      <NewPasswordField ref={next} error={errorOf('next')} isFirst={!isCurrentAsked} />
      <TextField
        ref={again}
        label={t('signIn.newPasswordAgain')}
        type="password"
        autoComplete="new-password"
        error={errorOf('again')}
      />
      {isCurrentAsked && <CheckField ref={ends} label={t('signIn.endAccessKeys')} />}
    </>
  )
}

type NewPasswordProps = {
  readonly ref: Ref<HTMLInputElement>
  readonly error: string | undefined
  /** The first field of the form gets the focus. */
  readonly isFirst: boolean
}

/** Says how strong the password is while it is typed. */
function NewPasswordField({ ref, error, isFirst }: NewPasswordProps) {
  const { t } = useTranslation()
  const [strength, setStrength] = useState<PasswordStrength>()
  return (
    <TextField
      ref={ref}
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
      error={error}
      onChange={(event) =>
        setStrength(event.target.value === '' ? undefined : strengthOf(event.target.value))
      }
      {...(isFirst && { 'data-autofocus': true })}
    />
  )
}
