/** What can be undone at once: one dialog, one button. The focus is on the safe one. */
import type { KeyCard } from '../../../api/admin.ts'
import { ConfirmDialog } from '../../../parts/controls/confirm-dialog.tsx'
import { Evidence } from '../evidence.tsx'
import { nameOf } from '../key-name.ts'
import type { DialogProps } from './dialog-props.ts'
import { FailureList, KeyList } from './key-list.tsx'
import { useEach } from './run-each.ts'

type Props = DialogProps & {
  readonly title: string
  readonly lead: string
  readonly action: string
  readonly keep: string
  readonly run: (key: KeyCard) => Promise<unknown>
  readonly said: (key: KeyCard) => string
  readonly withEvidence?: boolean
}

export function SimpleDialog({
  keys,
  title,
  lead,
  action,
  keep,
  run,
  said,
  onClose,
  onDone,
  withEvidence = false,
}: Props) {
  const each = useEach(onDone)
  const [only] = keys
  return (
    <ConfirmDialog
      title={title}
      lead={lead}
      onClose={onClose}
      refusal={<FailureList failures={each.failures} />}
      keep={keep}
      action={action}
      busy={each.isBusy}
      onConfirm={() => void each.run(keys, run, said)}
    >
      {withEvidence && keys.length === 1 && only && <Evidence item={only} />}
      {keys.length > 1 && <KeyList keys={keys} />}
    </ConfirmDialog>
  )
}

type TitleValues = { readonly name: string; readonly count: number; readonly n: number }

/** Values for the title of a dialog about keys: the name of the only one, or how many there are. */
export function titleValues(keys: readonly KeyCard[]): TitleValues {
  const [only] = keys
  return {
    name: keys.length === 1 && only ? nameOf(only) : '',
    count: keys.length,
    n: keys.length,
  }
}
