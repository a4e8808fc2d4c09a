/** The figures of the chart as a table, for people who want the numbers. */
import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../parts/data/format.ts'
import { Rows } from '../../parts/data/rows.tsx'
import { Table } from '../../parts/data/table.tsx'
import { useOperationName } from '../audit/operation-name.ts'
import { type CallsFigures, countedStep } from './calls-figures.ts'
import { useStepName } from './step-name.ts'

type Props = { readonly figures: CallsFigures; readonly title: string }

/** What happened, the latest first; steps in which nothing was called are left out. */
function rowsOf(figures: CallsFigures) {
  const { times, operations, errors } = figures
  return times
    .map((at, i) => ({
      at,
      step: countedStep(figures, i),
      values: operations.map(({ counts }) => counts[i] ?? 0),
      errors: errors[i] ?? 0,
    }))
    .filter(({ values, errors: failed }) => failed > 0 || values.some((value) => value > 0))
    .toReversed()
}

/** A row for each step, a column for each operation. */
export function CallsTable({ figures, title }: Props) {
  const { t } = useTranslation()
  const name = useOperationName()
  const stepName = useStepName()
  const { operations } = figures
  return (
    <Table label={title}>
      <thead>
        <tr>
          <th scope="col">{t('words.time')}</th>
          {operations.map((operation) => (
            <th key={operation.name} scope="col" className="number">
              {name(operation.name)}
            </th>
          ))}
          <th scope="col" className="number">
            {t('words.errors')}
          </th>
        </tr>
      </thead>
      <tbody>
        <Rows of={rowsOf(figures)} name={({ at }) => at}>
          {({ step, values, errors: failed }) => (
            <tr>
              <th scope="row" className="one-line">
                {stepName(step)}
              </th>
              {operations.map((operation, i) => (
                <td key={operation.name} className="number">
                  {wholeNumber(values[i] ?? 0)}
                </td>
              ))}
              <td className="number">{wholeNumber(failed)}</td>
            </tr>
          )}
        </Rows>
      </tbody>
    </Table>
  )
}
