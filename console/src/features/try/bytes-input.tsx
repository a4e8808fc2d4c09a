/** Bytes from a person: text, hexadecimal, base64 or a file. */
import { type ChangeEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AreaField, SelectField } from '../../parts/controls/field.tsx'

export const forms = ['text', 'hex', 'base64', 'file'] as const
export type Form = (typeof forms)[number]

export type BytesInput = {
  readonly form: Form
  readonly text: string
  readonly file: { readonly name: string; readonly bytes: Uint8Array } | undefined
}

export const noBytes: BytesInput = { form: 'text', text: '', file: undefined }

/** @returns undefined for what is not in the form that was chosen. */
export function bytesOf({ form, text, file }: BytesInput): Uint8Array | undefined {
  const bare = text.replaceAll(/\s+/g, '')
  try {
    switch (form) {
      case 'text':
        return new TextEncoder().encode(text)
      case 'hex':
        return Uint8Array.fromHex(bare)
      case 'base64':
        return /[-_]/.test(bare)
          ? Uint8Array.fromBase64(bare, { alphabet: 'base64url' })
          : Uint8Array.fromBase64(bare)
      case 'file':
        return file?.bytes
    }
  } catch {
    return undefined
  }
}

type Props = {
  readonly label: string
  readonly value: BytesInput
  readonly onChange: (value: BytesInput) => void
  readonly error?: string | undefined
}

export function BytesField({ label, value, onChange, error }: Props) {
  const { t } = useTranslation()
  const [isReading, setReading] = useState(false)
  const choose = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const [file] = event.target.files ?? []
    if (file === undefined) return
    setReading(true)
    onChange({
      ...value,
      file: { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) },
    })
    setReading(false)
  }
  return (
    <div className="bytes-field">
      <SelectField
        label={t('try.inputForm')}
        value={value.form}
        onChange={(event) => onChange({ ...value, form: event.target.value as Form })}
      >
        {forms.map((form) => (
          <option key={form} value={form}>
            {t(`try.form.${form}`)}
          </option>
        ))}
      </SelectField>
      {value.form === 'file' ? (
        <div className="field">
          <label className="file-label">
            <span>{label}</span>
            <input type="file" onChange={(event) => void choose(event)} aria-busy={isReading} />
          </label>
          {error !== undefined && <p className="field-error">{error}</p>}
        </div>
      ) : (
        <AreaField
          label={label}
          value={value.text}
          error={error}
          className={value.form === 'text' ? 'input area' : 'input area mono'}
          onChange={(event) => onChange({ ...value, text: event.target.value })}
        />
      )}
    </div>
  )
}
