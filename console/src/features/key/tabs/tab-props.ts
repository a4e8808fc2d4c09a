/** What a tab of a key is given. */
import type { KeyDetails } from '../../../api/admin.ts'
import type { PlannedAction } from '../actions.tsx'

export type TabProps = {
  readonly item: KeyDetails
  readonly onAction: (kind: PlannedAction['kind']) => void
  readonly onSuccessor: () => void
  readonly onEdit: () => void
}
