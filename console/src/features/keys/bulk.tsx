/** What is done to all the keys that were selected. */
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../api/admin.ts'
import { useMay } from '../../app/session.ts'
import { Button } from '../../parts/controls/button.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import type { PlannedAction } from '../key/actions.tsx'

type Props = {
  readonly selected: ReadonlyMap<string, KeyCard>
  readonly onAction: (action: PlannedAction) => void
  readonly onClear: () => void
}

export function BulkBar({ selected, onAction, onClear }: Props) {
  const { t } = useTranslation()
  const mayManage = useMay('manage')
  const mayDelete = useMay('delete')
  const keys = [...selected.values()]
  const of = (fits: (key: KeyCard) => boolean): readonly KeyCard[] => keys.filter(fits)
  const enabled = of(({ state }) => state === 'enabled')
  const disabled = of(({ state }) => state === 'disabled')
  const standing = of(({ state }) => state !== 'pending-deletion')
  return (
    <div className="bulk" hidden={keys.length === 0}>
      <p role="status">
        <b>{t('keys.selected', { count: keys.length, n: wholeNumber(keys.length) })}</b>
      </p>
      {mayManage && (
        <>
          <Button
            small
            reason={enabled.length === 0 ? t('keys.noneEnabled') : undefined}
            quietReason
            onClick={() => onAction({ kind: 'disable', keys: enabled })}
          >
            {t('actions.disable')}
          </Button>
          <Button
            small
            reason={disabled.length === 0 ? t('keys.noneDisabled') : undefined}
            quietReason
            onClick={() => onAction({ kind: 'enable', keys: disabled })}
          >
            {t('actions.enable')}
          </Button>
          <Button
            small
            reason={standing.length === 0 ? t('keys.allPendingDeletion') : undefined}
            quietReason
            onClick={() => onAction({ kind: 'tag', keys: standing })}
          >
            {t('actions.tag')}
          </Button>
        </>
      )}
      {mayDelete && (
        <Button
          small
          reason={standing.length === 0 ? t('keys.allPendingDeletion') : undefined}
          quietReason
          onClick={() => onAction({ kind: 'schedule-deletion', keys: standing })}
        >
          {t('actions.scheduleDeletion')}
        </Button>
      )}
      <Button small kind="quiet" onClick={onClear}>
        {t('keys.clearSelection')}
      </Button>
    </div>
  )
}
