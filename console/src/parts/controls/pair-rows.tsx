/** Names with values, as many as are wanted: a row for each, and a button for one more. */
import { useId } from 'react'
import { Icon } from '../page/icon.tsx'
import { Button, IconButton } from './button.tsx'

export type PairRow = { readonly id: number; readonly name: string; readonly value: string }

/** What the fields of row `n` are called; the first is 1. */
export type PairWords = {
  readonly legend: string
  readonly hint: string
  readonly name: (n: number) => string
  readonly value: (n: number) => string
  readonly remove: (n: number) => string
  readonly add: string
  readonly nameHint: string
  readonly valueHint: string
}

type Props = {
  readonly rows: readonly PairRow[]
  readonly onChange: (rows: readonly PairRow[]) => void
  readonly words: PairWords
  readonly error?: string | undefined
}

let count = 0

export function PairRows({ rows, onChange, words, error }: Props) {
  const errorId = useId()
  const change = (id: number, part: Partial<PairRow>): void =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)))
  return (
    <fieldset className="pairs" {...(error !== undefined && { 'aria-describedby': errorId })}>
      <legend>{words.legend}</legend>
      <p className="hint">{words.hint}</p>
      {rows.map((row, index) => (
        <div key={row.id} className="pair-row">
          <input
            className="input"
            aria-label={words.name(index + 1)}
            placeholder={words.nameHint}
            value={row.name}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => change(row.id, { name: event.target.value })}
          />
          <input
            className="input"
            aria-label={words.value(index + 1)}
            placeholder={words.valueHint}
            value={row.value}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => change(row.id, { value: event.target.value })}
          />
          <IconButton
            icon="close"
            label={words.remove(index + 1)}
            onClick={() => onChange(rows.filter(({ id }) => id !== row.id))}
          />
        </div>
      ))}
      {error !== undefined && (
        <p id={errorId} className="field-error" role="alert">
          <Icon name="cross" />
          {error}
        </p>
      )}
      <Button
        small
        kind="quiet"
        onClick={() => onChange([...rows, { id: ++count, name: '', value: '' }])}
      >
        {words.add}
      </Button>
    </fieldset>
  )
}
