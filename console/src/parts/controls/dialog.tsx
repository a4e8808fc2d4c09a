/**
 * Dialogs. The platform's own `<dialog>`: it keeps the focus inside, makes the rest inert, closes
 * on Escape and gives the focus back to what opened it, without a style of its own that our policy
 * would refuse.
 */
import {
  type KeyboardEvent,
  type ReactNode,
  type SyntheticEvent,
  useEffect,
  useId,
  useRef,
} from 'react'

type Props = {
  readonly title: string
  /** The first consequence: read out with the title. */
  readonly lead?: ReactNode
  readonly children?: ReactNode
  /** Why it was not done: between the body and the buttons, in view however long the body is. */
  readonly refusal?: ReactNode
  readonly footer: ReactNode
  readonly onClose: () => void
  /** Something is at stake: announced as an alert. */
  readonly alert?: boolean
  readonly wide?: boolean
}

/**
 * What a `<dialog>` takes to be open as long as it is rendered: the element with `data-autofocus`
 * gets the focus first, and what opened the dialog gets it back.
 */
function useModal(onClose: () => void) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    const opener = document.activeElement
    if (dialog === null || dialog.open) return
    dialog.showModal()
    dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus()
    return () => {
      dialog.close()
      // Where the opener is gone, the heading of the page is where to go on.
      const target =
        opener instanceof HTMLElement && opener.isConnected
          ? opener
          : document.querySelector<HTMLElement>('h1')
      target?.focus()
    }
  }, [])
  return {
    ref,
    onKeyDown(event: KeyboardEvent): void {
      if (event.key !== 'Escape' || event.defaultPrevented || event.nativeEvent.isComposing) return
      event.preventDefault()
      onClose()
    },
    onCancel(event: SyntheticEvent): void {
      event.preventDefault()
      onClose()
    },
    onClose(): void {
      // A browser lets a page keep a dialog open once; the second time it closes it regardless. A
      // dialog that is still rendered is opened again.
      if (ref.current?.isConnected === true && !ref.current.open) ref.current.showModal()
    },
  }
}

/** Shown as long as it is rendered. The element with `data-autofocus` gets the focus first. */
export function Dialog({
  title,
  lead,
  children,
  refusal,
  footer,
  onClose,
  alert = false,
  wide = false,
}: Props) {
  const modal = useModal(onClose)
  const titleId = useId()
  const leadId = useId()
  return (
    <dialog
      {...modal}
      className={`dialog fade${wide ? ' wide' : ''}`}
      role={alert ? 'alertdialog' : undefined}
      aria-labelledby={titleId}
      {...(lead !== undefined && { 'aria-describedby': leadId })}
    >
      <h2 id={titleId} className="dialog-title">
        {title}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long content is scrolled with the keyboard. */}
      <div className="dialog-body" tabIndex={0} role="group" aria-labelledby={titleId}>
        {lead !== undefined && <p id={leadId}>{lead}</p>}
        {children}
      </div>
      {refusal !== undefined && <div className="dialog-refusal">{refusal}</div>}
      <div className="dialog-footer">{footer}</div>
    </dialog>
  )
}
