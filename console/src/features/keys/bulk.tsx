/** The keys that were selected, and what is done to all of them. */
import type { ParseKeys } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../api/admin.ts'
import { Button } from '../../parts/controls/button.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import type { PlannedAction } from '../key/actions.tsx'
import { type KeyAction, keyActions } from '../key/key-actions.ts'
import { useMayAct } from '../key/use-key-actions.ts'
import { withNewest } from './newest-cards.ts'

/** Keys that were selected, also on other pages of the list. */
export type Selection = {
  /** By ID, as they were seen last. */
  readonly selected: ReadonlyMap<string, KeyCard>
  readonly toggle: (key: KeyCard) => void
  readonly clear: () => void
}

/** @param listed what the list shows now; undefined until it is loaded. */
export function useSelection(listed: readonly KeyCard[] | undefined): Selection {
  const [selected, setSelected] = useState<ReadonlyMap<string, KeyCard>>(new Map())
  const [seen, setSeen] = useState(listed)
  if (listed !== seen) {
    setSeen(listed)
    if (listed !== undefined) setSelected(withNewest(selected, listed))
  }
  const toggle = (key: KeyCard): void => {
    const next = new Map(selected)
    if (!next.delete(key.id)) next.set(key.id, key)
    setSelected(next)
  }
  return { selected, toggle, clear: () => setSelected(new Map()) }
}

/** What is asked of each key, what is done, what is said when it fits none of them. */
const bulkActions = [
  ['disable', 'disable', 'keys.noneEnabled', 'actions.disable'],
  ['enable', 'enable', 'keys.noneDisabled', 'actions.enable'],
  ['change', 'tag', 'keys.allPendingDeletion', 'actions.tag'],
  ['schedule-deletion', 'schedule-deletion', 'keys.allPendingDeletion', 'actions.scheduleDeletion'],
] as const satisfies readonly (readonly [KeyAction, PlannedAction['kind'], ParseKeys, ParseKeys])[]

type Props = {
  readonly selection: Selection
  readonly onAction: (action: PlannedAction) => void
}

export function BulkBar({ selection, onAction }: Props) {
  const { t } = useTranslation()
  const may = useMayAct()
  const keys = [...selection.selected.values()]
  const fit = (action: KeyAction): readonly KeyCard[] =>
    keys.filter((key) => keyActions(key)[action] === 'offered')
  return (
    <div className="bulk" hidden={keys.length === 0}>
      <p role="status">
        <b>{t('keys.selected', { count: keys.length, n: wholeNumber(keys.length) })}</b>
      </p>
      {bulkActions.map(
        ([action, kind, none, label]) =>
          may(action) && (
            <Button
              key={kind}
              small
              reason={fit(action).length === 0 ? t(none) : undefined}
              quietReason
              onClick={() => onAction({ kind, keys: fit(action) })}
            >
              {t(label)}
            </Button>
          ),
      )}
      <Button small kind="quiet" onClick={selection.clear}>
        {t('keys.clearSelection')}
      </Button>
    </div>
  )
}
