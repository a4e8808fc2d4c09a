/**
 * A passphrase: what was typed stays until it has done its work, so that an error takes nothing
 * away; then the field is empty.
 */
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../../parts/controls/button.tsx'
import { TextField } from '../../../parts/controls/field.tsx'
import { useEmptied } from './use-emptied.ts'

type Props = {
  readonly label: string
  readonly action: string
  readonly isBusy: boolean
  readonly error: string | undefined
  /** It did not do its work, and another place says why. */
  readonly isRefused?: boolean
  readonly onSecret: (secret: string) => void
}

export function SecretField({
  label,
  action,
  isBusy,
  error,
  isRefused = error !== undefined,
  onSecret,
}: Props) {
  const { t } = useTranslation()
  const form = useEmptied()
  const field = useRef<HTMLInputElement>(null)
  const [missing, setMissing] = useState(false)
  const wasBusy = useRef(false)
  useEffect(() => {
    if (wasBusy.current && !isBusy && !isRefused && field.current !== null) field.current.value = ''
    wasBusy.current = isBusy
  }, [isBusy, isRefused])
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault()
        const secret = field.current?.value ?? ''
        setMissing(secret === '')
        if (secret === '' || isBusy) return
        onSecret(secret)
      }}
    >
      <TextField
        ref={field}
        label={label}
        type="password"
        autoComplete="off"
        spellCheck={false}
        error={missing ? t('import.read.noPassphrase') : error}
        aside={
          <Button type="submit" busy={isBusy}>
            {action}
          </Button>
        }
      />
    </form>
  )
}
