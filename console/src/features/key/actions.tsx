/**
 * What is done to keys, each with its dialog. What may be done at all is decided by the server;
 * here it is said what will follow.
 */
import type { ReactNode } from 'react'
import type { KeyCard } from '../../api/admin.ts'
import { DeleteMaterialDialog } from './dialogs/delete-material-dialog.tsx'
import { DeletionDialog } from './dialogs/deletion-dialog.tsx'
import type { DialogProps } from './dialogs/dialog-props.ts'
import { RotateDialog, StopRotationDialog } from './dialogs/rotation-dialogs.tsx'
import { CancelDeletionDialog, DisableDialog, EnableDialog } from './dialogs/state-dialogs.tsx'
import { TagDialog } from './dialogs/tag-dialog.tsx'

export type PlannedAction = {
  readonly kind:
    | 'disable'
    | 'enable'
    | 'delete-material'
    | 'schedule-deletion'
    | 'cancel-deletion'
    | 'rotate'
    | 'stop-rotation'
    | 'tag'
  readonly keys: readonly KeyCard[]
}

const dialogs: Readonly<Record<PlannedAction['kind'], (props: DialogProps) => ReactNode>> = {
  disable: DisableDialog,
  enable: EnableDialog,
  'delete-material': DeleteMaterialDialog,
  'schedule-deletion': DeletionDialog,
  'cancel-deletion': CancelDeletionDialog,
  rotate: RotateDialog,
  'stop-rotation': StopRotationDialog,
  tag: TagDialog,
}

type Props = {
  readonly action: PlannedAction
  readonly onClose: () => void
  readonly onDone: () => void
}

export function KeyActionDialog({ action: { kind, keys }, onClose, onDone }: Props) {
  const Dialog = dialogs[kind]
  return <Dialog keys={keys} onClose={onClose} onDone={onDone} />
}
