/** Buttons. One that cannot be used in this state stays focusable and shows why next to it. */
import { type ButtonHTMLAttributes, type ReactNode, type Ref, useId } from 'react'
import { Link } from 'wouter'
import { Icon, type IconName } from '../page/icon.tsx'

export type ButtonKind = 'plain' | 'primary' | 'danger' | 'quiet'

type Common = {
  readonly kind?: ButtonKind
  readonly icon?: IconName
  readonly small?: boolean
}

type Props = Common &
  Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> & {
    /** Why it cannot be used now; shown next to it unless `quietReason`. */
    readonly reason?: string | undefined
    readonly quietReason?: boolean
    readonly busy?: boolean
    readonly ref?: Ref<HTMLButtonElement>
  }

export function buttonClass({ kind = 'plain', small = false }: Common): string {
  return ['button', kind, small ? 'small-button' : ''].filter((name) => name !== '').join(' ')
}

export function Button({
  kind,
  icon,
  small,
  reason,
  quietReason = false,
  busy = false,
  onClick,
  children,
  ...rest
}: Props) {
  const id = useId()
  const inert = reason !== undefined || busy
  return (
    <>
      <button
        type="button"
        {...rest}
        className={buttonClass({ ...(kind && { kind }), ...(small && { small }) })}
        {...(inert && { 'aria-disabled': true })}
        {...(busy && { 'aria-busy': true })}
        {...(reason !== undefined && { 'aria-describedby': id })}
        onClick={(event) => {
          if (inert) return event.preventDefault()
          onClick?.(event)
        }}
      >
        {icon && <Icon name={icon} />}
        {children}
      </button>
      {reason !== undefined && (
        <span id={id} className={quietReason ? 'sr-only' : 'reason'}>
          {reason}
        </span>
      )}
    </>
  )
}

type LinkProps = Common & {
  readonly href: string
  readonly children: ReactNode
  readonly label?: string
}

/** A way to another page that looks like a button. */
export function ButtonLink({ href, children, icon, label, ...look }: LinkProps) {
  return (
    <Link
      href={href}
      className={buttonClass(look)}
      {...(label !== undefined && { 'aria-label': label })}
    >
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  )
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'aria-label'> & {
  readonly icon: IconName
  /** Its name, for those who do not see the icon, and as a hint for those who do. */
  readonly label: string
  readonly ref?: Ref<HTMLButtonElement>
}

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} className="icon-button" aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  )
}
