/** The word that is typed before something that only a backup or a date brings back. */
import { useTranslation } from 'react-i18next'
import { TextField } from '../../../parts/controls/field.tsx'

const word = 'DELETE'

/** Capitals; spaces around or between do not count, as some keyboards and speech add them. */
export function isTyped(text: string): boolean {
  return text.replaceAll(/\s/g, '').normalize('NFKC') === word
}

type Props = { readonly value: string; readonly onChange: (value: string) => void }

export function TypeDelete({ value, onChange }: Props) {
  const { t } = useTranslation()
  return (
    <TextField
      label={t('danger.typeDelete', { word })}
      value={value}
      autoCapitalize="characters"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
      // Enter never destroys.
      onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
    />
  )
}
