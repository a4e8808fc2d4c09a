/** A passphrase: read once, then the field is empty. */
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { useEmptied } from './use-emptied.ts'

type Props = {
  readonly label: string
  readonly action: string
  readonly isBusy: boolean
  readonly error: string | undefined
  readonly onSecret: (secret: string) => void
}

export function SecretField({ label, action, isBusy, error, onSecret }: Props) {
  const { t } = useTranslation()
  const form = useEmptied()
  const field = useRef<HTMLInputElement>(null)
  const [missing, setMissing] = useState(false)
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault()
        const secret = field.current?.value ?? ''
        setMissing(secret === '')
        if (secret === '' || isBusy) return
        if (field.current !== null) field.current.value = ''
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
        beside={
          <Button type="submit" busy={isBusy}>
            {action}
          </Button>
        }
      />
    </form>
  )
}
