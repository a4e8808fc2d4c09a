/** What every dialog about keys is given. */
import type { KeyCard } from '../../../api/admin.ts'

export type DialogProps = {
  readonly keys: readonly KeyCard[]
  readonly onClose: () => void
  /** All of it was done. */
  readonly onDone: () => void
}
