/** A message in the page: what is, what follows, what to do. */
import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

export type Tone = 'ok' | 'info' | 'warning' | 'danger' | 'neutral'
const icons: Readonly<Record<Tone, IconName>> = {
  ok: 'enabled',
  info: 'info',
  warning: 'warning',
  danger: 'cross',
  neutral: 'bar',
}

type Props = {
  readonly tone: Tone
  readonly children: ReactNode
  readonly action?: ReactNode
  /** Read out at once, where it came up by itself. */
  readonly live?: 'polite' | 'assertive'
}

export function Banner({ tone, children, action, live }: Props) {
  const role = live === undefined ? undefined : live === 'assertive' ? 'alert' : 'status'
  return (
    <div className={`banner ${tone}`} role={role}>
      <Icon name={icons[tone]} />
      <div className="banner-text">{children}</div>
      {action !== undefined && <div className="banner-action">{action}</div>}
    </div>
  )
}

/**
 * What went wrong, read out when it comes up: its place is there before, or nothing would be read.
 */
export function Alert({
  text,
  tone = 'danger',
}: {
  readonly text: string | undefined
  readonly tone?: Tone
}) {
  return (
    <div role="alert">
      {text !== undefined && (
        <Banner tone={tone}>
          <p>{text}</p>
        </Banner>
      )}
    </div>
  )
}
