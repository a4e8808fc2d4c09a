/** A page: its place, and its one heading, which gets the focus when the page is opened. */
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'

export type Crumb = { readonly href: string; readonly label: string }

type Props = {
  /** Name of the page; also that of the tab of the browser. */
  readonly title: string
  readonly heading?: ReactNode
  /** Next to the heading: a count, a status. */
  readonly aside?: ReactNode
  readonly actions?: ReactNode
  readonly crumbs?: readonly Crumb[]
  readonly children: ReactNode
}

let visited = ''

export function Page({ title, heading, aside, actions, crumbs, children }: Props) {
  const { t } = useTranslation()
  const h1 = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} - Holdfast`
  }, [title])
  useEffect(() => {
    const here = location.pathname
    const isNew = visited !== '' && visited !== here
    visited = here
    if (!isNew) return
    scrollTo(0, 0)
    h1.current?.focus()
  }, [])
  return (
    <>
      {crumbs !== undefined && (
        <nav aria-label={t('common.breadcrumb')} className="crumbs">
          {crumbs.map(({ href, label }) => (
            <span key={href}>
              <Link href={href}>{label}</Link> <span aria-hidden="true">/</span>{' '}
            </span>
          ))}
          <span aria-current="page">{title}</span>
        </nav>
      )}
      <div className="page-head">
        <h1 ref={h1} tabIndex={-1}>
          {heading ?? title}
        </h1>
        {aside}
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </>
  )
}
