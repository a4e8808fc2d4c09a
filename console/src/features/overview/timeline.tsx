/** The next 90 days: one lane for each kind of event, and the same as a table. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { Overview } from '../../api/admin.ts'
import { Button } from '../../parts/controls/button.tsx'
import { shortDay, shortTime } from '../../parts/data/format.ts'
import { Items, Rows } from '../../parts/data/rows.tsx'
import { Table } from '../../parts/data/table.tsx'
import { ShortTime } from '../../parts/data/time.tsx'
import { Panel } from '../../parts/page/panel.tsx'

type Entry = Overview['timeline'][number]

const lanes = ['expiry', 'rotation', 'deletion'] as const
const dayMs = 86_400_000
const days = 90
const marks = [0, 30, 60, 90]

type Props = { readonly entries: readonly Entry[] }

/** What is ahead, as lanes or as a table. */
export function Timeline({ entries }: Props) {
  const { t } = useTranslation()
  const [isTable, setTable] = useState(false)
  const [from] = useState(() => Date.now())
  return (
    <Panel
      title={t('overview.ahead')}
      actions={
        entries.length > 0 && (
          <Button small aria-pressed={isTable} onClick={() => setTable(!isTable)}>
            {t('common.table')}
          </Button>
        )
      }
    >
      {entries.length === 0 ? (
        <p className="panel-text soft">{t('overview.noDates')}</p>
      ) : isTable ? (
        <EventTable entries={entries} />
      ) : (
        <Lanes entries={entries} from={from} />
      )}
    </Panel>
  )
}

/** @param from where the lanes begin, milliseconds since 1970. */
function Lanes({ entries, from }: Props & { readonly from: number }) {
  const { t } = useTranslation()
  const left = (at: number): string =>
    `${Math.min(100, Math.max(0, ((at - from) / (days * dayMs)) * 100))}%`
  const name = ({ at, key }: Entry): string =>
    t('common.joined', { first: key.alias ?? key.id, second: shortTime(at) })
  return (
    <div className="timeline">
      {lanes.map((lane) => (
        <div key={lane} className="lane">
          <h3>{t(`overview.lane.${lane}`)}</h3>
          <ul>
            <Items of={entries.filter(({ kind }) => kind === lane)} name={({ key }) => key.id}>
              {(entry) => (
                <li style={{ left: left(entry.at) }}>
                  <Link
                    href={`/keys/${entry.key.id}`}
                    className={`event ${lane}`}
                    aria-label={name(entry)}
                    title={name(entry)}
                  />
                </li>
              )}
            </Items>
          </ul>
        </div>
      ))}
      <Axis from={from} />
    </div>
  )
}

/** The days below the lanes. */
function Axis({ from }: { readonly from: number }) {
  return (
    <div className="lane axis" aria-hidden="true">
      <span />
      <ol>
        <Items of={marks} name={(mark) => mark}>
          {(mark) => (
            <li style={{ left: `${(mark / days) * 100}%` }}>{shortDay(from + mark * dayMs)}</li>
          )}
        </Items>
      </ol>
    </div>
  )
}

function EventTable({ entries }: Props) {
  const { t } = useTranslation()
  return (
    <Table label={t('overview.ahead')}>
      <thead>
        <tr>
          <th scope="col">{t('words.time')}</th>
          <th scope="col">{t('words.event')}</th>
          <th scope="col">{t('words.key')}</th>
        </tr>
      </thead>
      <tbody>
        <Rows of={entries} name={({ kind, key }) => `${kind}/${key.id}`}>
          {({ at, kind, key }) => (
            <tr>
              <td>
                <ShortTime at={at} />
              </td>
              <td>{t(`overview.lane.${kind as (typeof lanes)[number]}`)}</td>
              <th scope="row">
                <Link href={`/keys/${key.id}`} className="break">
                  {key.alias ?? key.id}
                </Link>
              </th>
            </tr>
          )}
        </Rows>
      </tbody>
    </Table>
  )
}
