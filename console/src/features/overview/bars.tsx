/** Sorted bars with their numbers: a table that can be seen at a glance. */
import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../parts/data/format.ts'
import { Rows } from '../../parts/data/rows.tsx'
import { Panel } from '../../parts/page/panel.tsx'

type Props = {
  readonly title: string
  /** What the labels are. */
  readonly name: string
  readonly bars: readonly { readonly label: string; readonly count: number }[]
}

export function Bars({ title, name, bars }: Props) {
  const { t } = useTranslation()
  const most = Math.max(1, ...bars.map(({ count }) => count))
  return (
    <Panel title={title}>
      {bars.length === 0 ? (
        <p className="panel-text soft">{t('overview.noKeys')}</p>
      ) : (
        <table className="table bars">
          <caption className="sr-only">{title}</caption>
          <thead className="sr-only">
            <tr>
              <th scope="col">{name}</th>
              <th scope="col">{t('words.keys')}</th>
            </tr>
          </thead>
          <tbody>
            <Rows of={bars} name={({ label }) => label}>
              {({ label, count }) => (
                <tr>
                  <th scope="row">{label}</th>
                  <td className="bar-cell">
                    <span className="bar" aria-hidden="true">
                      <span style={{ width: `${(count / most) * 100}%` }} />
                    </span>
                    <span className="number bar-number">{wholeNumber(count)}</span>
                  </td>
                </tr>
              )}
            </Rows>
          </tbody>
        </table>
      )}
    </Panel>
  )
}
