/** A dialog that is a form: Enter sends it, and the focus begins in its first field. */
import { type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

type Props = {
  readonly title: string
  readonly lead?: ReactNode
  /** Its fields; the one with `data-autofocus` gets the focus first. */
  readonly children: ReactNode
  /** What was refused, outside of the fields. */
  readonly refusal: ReactNode
  /** On the button that sends it. */
  readonly submit: string
  readonly busy: boolean
  /** Why it cannot be sent now. */
  readonly reason?: string | undefined
  readonly onSubmit: () => void
  readonly onClose: () => void
  readonly wide?: boolean
}

export function FormDialog(props: Props) {
  const { t } = useTranslation()
  const formId = useId()
  const { title, lead, children, refusal, submit, busy, reason, onSubmit, onClose, wide } = props
  return (
    <Dialog
      title={title}
      {...(lead !== undefined && { lead })}
      wide={wide === true}
      onClose={onClose}
      refusal={refusal}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button
            type="submit"
            form={formId}
            kind="primary"
            busy={busy}
            reason={reason}
            quietReason
          >
            {submit}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy && reason === undefined) onSubmit()
        }}
      >
        {children}
      </form>
    </Dialog>
  )
}
