/** What is done to all the keys that were selected. */
import type { ParseKeys } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../api/admin.ts'
import { Button } from '../../parts/controls/button.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import type { PlannedAction } from '../key/actions.tsx'
import { type KeyAction, keyActions } from '../key/key-actions.ts'
import { useMayAct } from '../key/use-key-actions.ts'

/** What is asked of each key, what is done, what is said when it fits none of them. */
const bulkActions = [
  ['disable', 'disable', 'keys.noneEnabled', 'actions.disable'],
  ['enable', 'enable', 'keys.noneDisabled', 'actions.enable'],
  ['change', 'tag', 'keys.allPendingDeletion', 'actions.tag'],
  ['schedule-deletion', 'schedule-deletion', 'keys.allPendingDeletion', 'actions.scheduleDeletion'],
] as const satisfies readonly (readonly [KeyAction, PlannedAction['kind'], ParseKeys, ParseKeys])[]

type Props = {
  readonly selected: ReadonlyMap<string, KeyCard>
  readonly onAction: (action: PlannedAction) => void
  readonly onClear: () => void
}

export function BulkBar({ selected, onAction, onClear }: Props) {
  const { t } = useTranslation()
  const may = useMayAct()
  const keys = [...selected.values()]
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
      <Button small kind="quiet" onClick={onClear}>
        {t('keys.clearSelection')}
      </Button>
    </div>
  )
}
