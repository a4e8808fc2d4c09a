/** A user: one of the project where those may be seen, or any by their ID. */

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { principalLength } from '../../../../../src/domain/access/grants.ts'
import { SelectField, TextField } from '../../../parts/controls/field.tsx'
import { usePeople } from '../../people/names.ts'

const other = 'other'

type Props = {
  readonly label: string
  readonly value: string
  readonly onChange: (id: string) => void
  readonly error: string | undefined
  /** What it means that nobody is chosen. */
  readonly nobody: string
}

export function PersonField({ label, value, onChange, error, nobody }: Props) {
  const { t } = useTranslation()
  const [isOther, setOther] = useState(false)
  const people = usePeople()
  const asText = people.length === 0 || isOther
  return (
    <>
      {people.length > 0 && (
        <SelectField
          label={label}
          value={isOther ? other : value}
          error={asText ? undefined : error}
          onChange={({ target }) => {
            setOther(target.value === other)
            onChange(target.value === other ? '' : target.value)
          }}
        >
          <option value="">{nobody}</option>
          {people.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
          <option value={other}>{t('grants.otherUser')}</option>
        </SelectField>
      )}
      {asText && (
        <TextField
          label={people.length === 0 ? label : t('grants.idOf', { label })}
          value={value}
          hint={t('grants.idHint')}
          error={error}
          maxLength={principalLength}
          spellCheck={false}
          onChange={(event) => onChange(event.target.value.trim())}
        />
      )}
    </>
  )
}
