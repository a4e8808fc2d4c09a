/** Parts of tables: sortable headers, pages. */
import type { ComponentProps, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../controls/button.tsx'
import { Icon } from '../page/icon.tsx'
import { wholeNumber } from './format.ts'

type SortProps = {
  readonly name: string
  /** The sort in force: a name, with - before it the other way round. */
  readonly sort: string
  readonly onSort: (sort: string) => void
  readonly children: ReactNode
  readonly className?: string
}

export function SortHeader({ name, sort, onSort, children, className }: SortProps) {
  const isUp = sort === name
  const isDown = sort === `-${name}`
  return (
    <th
      scope="col"
      {...(className !== undefined && { className })}
      {...((isUp || isDown) && { 'aria-sort': isUp ? 'ascending' : 'descending' })}
    >
      <button type="button" className="sort" onClick={() => onSort(isUp ? `-${name}` : name)}>
        {children}
        {isUp && <Icon name="up" />}
        {isDown && <Icon name="down" />}
      </button>
    </th>
  )
}

/** Head of the column of buttons: named for those who do not see that it holds them. */
export function ActionsHeader({ className }: { readonly className?: string }) {
  const { t } = useTranslation()
  return (
    <th scope="col" {...(className !== undefined && { className })}>
      <span className="sr-only">{t('words.actions')}</span>
    </th>
  )
}

/** The cell of a row with its buttons. */
export function RowActions({ children }: { readonly children: ReactNode }) {
  return (
    <td>
      <span className="row-actions">{children}</span>
    </td>
  )
}

type RowButtonProps = {
  /** Its name with the row that it is about, for people who do not see the row. */
  readonly name?: string
  /** Why it cannot be used now. */
  readonly reason?: string | undefined
  readonly onClick: () => void
  readonly children: ReactNode
}

/** One of them. Its reason is only for people who do not see that it is unavailable. */
export function RowButton({ name, ...rest }: RowButtonProps) {
  return <Button small quietReason {...(name !== undefined && { 'aria-label': name })} {...rest} />
}

type TableProps = Omit<ComponentProps<'table'>, 'className'> & {
  readonly label: string
  readonly kind?: string
}

/**
 * A table with its name, which moves sideways in a frame of its own where it is wider than its
 * place.
 */
export function Table({ label, kind, children, ...rest }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with the keyboard.
    <section className="table-frame" aria-label={label} tabIndex={0}>
      <table className={kind === undefined ? 'table' : `table ${kind}`} {...rest}>
        <caption className="sr-only">{label}</caption>
        {children}
      </table>
    </section>
  )
}

type PagerProps = {
  readonly page: number
  readonly size: number
  readonly total: number
  readonly onPage: (page: number) => void
}

/** Pages by number: the first, the last, the neighbours. */
export function Pager({ page, size, total, onPage }: PagerProps) {
  const { t } = useTranslation()
  const last = Math.max(1, Math.ceil(total / size))
  const shown = [...new Set([1, page - 1, page, page + 1, last])]
    .filter((one) => one >= 1 && one <= last)
    .toSorted((a, b) => a - b)
  const from = total === 0 ? 0 : (page - 1) * size + 1
  const to = Math.min(total, page * size)
  return (
    <nav className="pager" aria-label={t('common.pages')}>
      <span>
        {t('common.range', {
          from: wholeNumber(from),
          to: wholeNumber(to),
          total: wholeNumber(total),
        })}
      </span>
      <span className="grow pager-pages">
        {shown.map((one, index) => (
          <span key={one}>
            {index > 0 && one - (shown[index - 1] ?? 0) > 1 && <span className="pager-gap">…</span>}
            <button
              type="button"
              className="page-button"
              aria-label={t('common.pageNumber', { page: wholeNumber(one) })}
              {...(one === page && { 'aria-current': 'page' })}
              onClick={() => onPage(one)}
            >
              {wholeNumber(one)}
            </button>
          </span>
        ))}
      </span>
    </nav>
  )
}
