/** The context that is bound to a ciphertext: names and values. */
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from '../../parts/button.tsx'

export type ContextRow = { readonly id: number; readonly name: string; readonly value: string }

let count = 0

export function contextOf(rows: readonly ContextRow[]): Readonly<Record<string, string>> {
  return Object.fromEntries(rows.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]))
}

type Props = { readonly rows: readonly ContextRow[]; readonly onChange: (rows: readonly ContextRow[]) => void }

export function ContextRows({ rows, onChange }: Props) {
  const { t } = useTranslation()
  const change = (id: number, part: Partial<ContextRow>): void =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)))
  return (
    <fieldset className="context">
      <legend>{t('words.context')}</legend>
      <p className="hint">{t('try.contextHint')}</p>
      {rows.map((row, index) => (
        <div key={row.id} className="context-row">
          <input
            className="input"
            aria-label={t('try.contextName', { n: index + 1 })}
            placeholder={t('try.contextNameHint')}
            value={row.name}
            autoComplete="off"
            onChange={(event) => change(row.id, { name: event.target.value })}
          />
          <input
            className="input"
            aria-label={t('try.contextValue', { n: index + 1 })}
            placeholder={t('try.contextValueHint')}
            value={row.value}
            autoComplete="off"
            onChange={(event) => change(row.id, { value: event.target.value })}
          />
          <IconButton
            icon="close"
            label={t('try.contextRemove', { n: index + 1 })}
            onClick={() => onChange(rows.filter(({ id }) => id !== row.id))}
          />
        </div>
      ))}
      <Button small kind="quiet" onClick={() => onChange([...rows, { id: ++count, name: '', value: '' }])}>
        {t('try.contextAdd')}
      </Button>
    </fieldset>
  )
}
