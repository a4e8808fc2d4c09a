/** One key in the table. */
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { KeyCard } from '../../api/admin.ts'
import { shortId } from '../../parts/data/format.ts'
import { Source, StatusLines } from '../../parts/data/status.tsx'
import { RelativeTime, ShortTime } from '../../parts/data/time.tsx'
import type { PlannedAction } from '../key/actions.tsx'
import { Expiry } from '../key/expiry.tsx'
import { AddedCells } from './added-columns.tsx'
import { RowMenu } from './row-menu.tsx'

type Props = {
  readonly item: KeyCard
  /** Its place among all the keys that were found. */
  readonly rowIndex: number
  readonly isSelected: boolean
  readonly onToggle: (key: KeyCard) => void
  readonly onAction: (action: PlannedAction) => void
  readonly onOpen: (id: string) => void
}

export function KeyRow({ item, rowIndex, isSelected, onToggle, onAction, onOpen }: Props) {
  const { t } = useTranslation()
  return (
    <tr aria-rowindex={rowIndex} className={isSelected ? 'selected' : undefined}>
      <td className="narrow">
        <input
          type="checkbox"
          aria-label={t('keys.selectKey', { name: item.alias ?? item.id })}
          checked={isSelected}
          onChange={() => onToggle(item)}
        />
      </td>
      <NameCell item={item} onOpen={onOpen} />
      <td>
        <StatusLines item={item} />
      </td>
      <td>
        <span className="mono">{item.spec}</span>
        <span className="under muted">{t(`usage.${item.usage}`)}</span>
      </td>
      <td className="wide-column">
        <Source origin={item.origin} />
      </td>
      <TimeCells item={item} />
      <AddedCells item={item} />
      <td className="narrow">
        <RowMenu item={item} onAction={onAction} />
      </td>
    </tr>
  )
}

function NameCell({ item, onOpen }: Pick<Props, 'item' | 'onOpen'>) {
  return (
    <th scope="row" className="name-cell">
      <Link id={`key-${item.id}`} href={`/keys/${item.id}`} onClick={() => onOpen(item.id)}>
        {item.alias ?? item.id}
      </Link>
      <span className="mono muted" title={item.id}>
        {shortId(item.id)}
      </span>
    </th>
  )
}

/** When it expires, when it rotates, when it was used last, when it was created. */
function TimeCells({ item }: Pick<Props, 'item'>) {
  const { t } = useTranslation()
  return (
    <>
      <td>
        <Expiry item={item} />
      </td>
      <td className="widest-column">
        {item.next_rotation_at === null ? (
          <span className="muted">—</span>
        ) : (
          <ShortTime at={item.next_rotation_at} />
        )}
      </td>
      <td>
        {item.last_used_at === null ? (
          <span className="muted">{t('keys.never')}</span>
        ) : (
          <RelativeTime at={item.last_used_at} />
        )}
      </td>
      <td className="widest-column">
        <ShortTime at={item.created_at} />
      </td>
    </>
  )
}
