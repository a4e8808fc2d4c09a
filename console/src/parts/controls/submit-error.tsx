/**
 * Why a form or a dialog was not done: shown at its button. The focus goes there, or to the first
 * field that the message is about, so that nobody looks for it elsewhere.
 */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Banner, type Tone } from '../page/banner.tsx'

type Props = {
  /** What failed: a new one takes the focus, even when it reads like the one before. */
  readonly cause: unknown
  /** Undefined where a field says it. Several lines are several messages. */
  readonly text: string | readonly string[] | undefined
  /** What else the message says: causes, what is unchanged, the ID of the request. */
  readonly children?: ReactNode
  readonly tone?: Tone
  /** It counts down: read out once, not at every second. */
  readonly counts?: boolean
}

export function SubmitError({ cause, text, children, tone = 'danger', counts = false }: Props) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (cause === undefined) return
    const form = place.current?.closest('dialog, form')
    const target = form?.querySelector<HTMLElement>('[aria-invalid="true"]') ?? place.current
    target?.focus()
  }, [cause])
  const lines = text === undefined ? [] : typeof text === 'string' ? [text] : text
  return (
    <div ref={place} role="alert" tabIndex={-1} className="submit-error">
      {lines.map((line) => (
        <Banner key={counts ? 'counts' : line} tone={tone}>
          {counts ? <Counting text={line} /> : <p>{line}</p>}
          {children}
        </Banner>
      ))}
    </div>
  )
}

/**
 * Below the row of a table whose button failed, in view however far the table is scrolled sideways.
 * @param columns of the table.
 */
export function RowError({ columns, ...rest }: Props & { readonly columns: number }) {
  return (
    <tr>
      <td colSpan={columns}>
        <div className="row-error">
          <SubmitError {...rest} />
        </div>
      </td>
    </tr>
  )
}

function Counting({ text }: { readonly text: string }) {
  const [first] = useState(text)
  return (
    <p>
      <span aria-hidden="true">{text}</span>
      <span className="sr-only">{first}</span>
    </p>
  )
}
