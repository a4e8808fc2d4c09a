/**
 * Menus: the parts of radix-ui, without the modal mode, whose style element our policy refuses. A
 * menu is rendered next to its trigger, so that it belongs to the same part of the page.
 */
import { DropdownMenu } from 'radix-ui'
import { type ReactNode, useRef } from 'react'
import { Icon } from '../page/icon.tsx'

export type MenuItem =
  | {
      readonly kind?: 'action'
      readonly label: string
      readonly onSelect: () => void
      readonly reason?: string | undefined
    }
  | {
      readonly kind: 'check'
      readonly label: string
      readonly checked: boolean
      readonly onSelect: () => void
    }
  | { readonly kind: 'heading'; readonly label: string }
  | { readonly kind: 'line'; readonly label: string }

type Props = {
  readonly trigger: ReactNode
  readonly label: string
  readonly items: readonly MenuItem[]
}

export function Menu({ trigger, label, items }: Props) {
  const opener = useRef<HTMLButtonElement>(null)
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild ref={opener}>
        {trigger}
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        className="menu fade"
        align="end"
        sideOffset={4}
        collisionPadding={8}
        aria-label={label}
      >
        {items.map((item) => {
          if (item.kind === 'heading')
            return (
              <DropdownMenu.Label key={item.label} className="menu-heading">
                {item.label}
              </DropdownMenu.Label>
            )
          if (item.kind === 'line')
            return <DropdownMenu.Separator key={item.label} className="menu-line" />
          if (item.kind === 'check')
            return (
              <DropdownMenu.CheckboxItem
                key={item.label}
                className="menu-item"
                checked={item.checked}
                onSelect={(event) => {
                  event.preventDefault()
                  item.onSelect()
                }}
              >
                <span className="menu-tick">{item.checked && <Icon name="tick" />}</span>
                {item.label}
              </DropdownMenu.CheckboxItem>
            )
          return (
            <DropdownMenu.Item
              key={item.label}
              className="menu-item"
              onSelect={(event) => {
                if (item.reason !== undefined) return event.preventDefault()
                // A dialog that it opens gives the focus back to what is still there then.
                opener.current?.focus()
                item.onSelect()
              }}
              {...(item.reason !== undefined && { 'aria-disabled': true })}
            >
              {item.label}
              {item.reason !== undefined && <span className="menu-reason">{item.reason}</span>}
            </DropdownMenu.Item>
          )
        })}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  )
}
