/**
 * A dialog that asks whether something is to be done. The focus is on the button that does nothing.
 */
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

type Props = {
  readonly title: string
  /** What follows from it. */
  readonly lead: ReactNode
  readonly children?: ReactNode
  /** What was refused. */
  readonly refusal?: ReactNode
  /** On the button that leaves everything as it is. */
  readonly keep: string
  /** On the button that does it. */
  readonly action: string
  /** It destroys something. */
  readonly destroys?: boolean
  readonly busy?: boolean
  /** Why it cannot be done now. */
  readonly reason?: string | undefined
  readonly onConfirm: () => void
  readonly onClose: () => void
}

export function ConfirmDialog(props: Props) {
  const { title, lead, children, refusal, keep, action, destroys, busy, reason } = props
  return (
    <Dialog
      alert
      title={title}
      lead={lead}
      onClose={props.onClose}
      refusal={refusal}
      footer={
        <>
          <Button data-autofocus onClick={props.onClose}>
            {keep}
          </Button>
          <Button
            kind={destroys === true ? 'danger' : 'primary'}
            busy={busy === true}
            reason={reason}
            quietReason
            onClick={props.onConfirm}
          >
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  )
}
