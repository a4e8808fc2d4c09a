/** The context that is bound to a ciphertext: names and values. */
import { useTranslation } from 'react-i18next'
import { type PairRow, PairRows } from '../../parts/controls/pair-rows.tsx'

export type ContextRow = PairRow

export function contextOf(rows: readonly ContextRow[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    rows.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]),
  )
}

type Props = {
  readonly rows: readonly ContextRow[]
  readonly onChange: (rows: readonly ContextRow[]) => void
}

export function ContextRows({ rows, onChange }: Props) {
  const { t } = useTranslation()
  return (
    <PairRows
      rows={rows}
      onChange={onChange}
      words={{
        legend: t('words.context'),
        hint: t('try.contextHint'),
        name: (n) => t('try.contextName', { n }),
        value: (n) => t('try.contextValue', { n }),
        remove: (n) => t('try.contextRemove', { n }),
        add: t('try.contextAdd'),
        nameHint: t('try.contextNameHint'),
        valueHint: t('try.contextValueHint'),
      }}
    />
  )
}
