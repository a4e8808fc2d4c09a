/**
 * The frame around every page: navigation on the left, project, search and account on top, what
 * concerns all pages.
 */
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { systemQuery } from '../../features/clients/endpoint.ts'
import { IconButton } from '../../parts/controls/button.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { Banner } from '../../parts/page/banner.tsx'
import { Brand, Icon, type IconName } from '../../parts/page/icon.tsx'
import { PageBoundary } from '../../parts/page/page-boundary.tsx'
import { waiting } from '../connection.ts'
import { shownNotice } from '../notices.ts'
import { ConnectionBanner, SessionEnding, SignedOutDialog } from '../presence.tsx'
import { sessionState, useMay } from '../session.ts'
import { LeavingDialog } from './leaving-dialog.tsx'
import { AccountMenu, AppearanceMenu, LanguageMenu } from './menus.tsx'
import { NoticeList } from './notice-list.tsx'
import { ProjectPlace } from './project-place.tsx'
import { QuickSearch } from './quick-search.tsx'
import { Shortcuts } from './shortcuts.tsx'

const places = [
  ['/', 'overview', 'overview', 'read'],
  ['/keys', 'keys', 'key', 'read'],
  ['/imports', 'imports', 'external', 'read'],
  ['/try', 'try', 'try', 'use'],
  ['/audit', 'audit', 'log', 'audit'],
  ['/people', 'people', 'people', 'self'],
  ['/system', 'system', 'gear', 'read'],
] as const satisfies readonly (readonly [string, string, IconName, Parameters<typeof useMay>[0]])[]

export function Shell({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const state = sessionState.use()
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {t('shell.skip')}
      </a>
      <Rail onNavigate={() => {}} />
      <div className="shell-column">
        <div className="head">
          <TopBar onMenu={() => setOpen(true)} />
          <ConnectionBanner />
        </div>
        <SessionEnding />
        <main id="content" tabIndex={-1}>
          <NoticeBar />
          <PageBoundary>{children}</PageBoundary>
        </main>
      </div>
      {isOpen && <Drawer onClose={() => setOpen(false)} />}
      {state.kind === 'ended' && <SignedOutDialog session={state.session} />}
      <LeavingDialog />
      <Shortcuts />
    </div>
  )
}

function Rail({ onNavigate }: { readonly onNavigate: () => void }) {
  const { t } = useTranslation()
  const [here] = useLocation()
  return (
    <nav className="rail" aria-label={t('shell.navigation')}>
      <Link href="/" className="brand" onClick={onNavigate}>
        <Brand />
        <span>Holdfast</span>
      </Link>
      {places.map(([href, name, icon, right]) => (
        <Place
          key={href}
          href={href}
          name={name}
          icon={icon}
          right={right}
          here={here}
          onNavigate={onNavigate}
        />
      ))}
      <RailFoot />
    </nav>
  )
}

type PlaceProps = {
  readonly href: string
  readonly name: (typeof places)[number][1]
  readonly icon: IconName
  readonly right: Parameters<typeof useMay>[0]
  readonly here: string
  readonly onNavigate: () => void
}

function Place({ href, name, icon, right, here, onNavigate }: PlaceProps) {
  const { t } = useTranslation()
  if (!useMay(right)) return null
  const isHere = href === '/' ? here === '/' : here === href || here.startsWith(`${href}/`)
  return (
    <Link
      href={href}
      className="rail-link"
      onClick={onNavigate}
      {...(isHere && { 'aria-current': 'page' as const })}
    >
      <Icon name={icon} />
      <span>{t(`nav.${name}`)}</span>
    </Link>
  )
}

function RailFoot() {
  const { t } = useTranslation()
  const found = useQuery(systemQuery)
  return (
    <p className="rail-foot">{found.data && t('shell.version', { version: found.data.version })}</p>
  )
}

function TopBar({ onMenu }: { readonly onMenu: () => void }) {
  const { t } = useTranslation()
  return (
    <header className="top-bar">
      <span className="only-narrow">
        <IconButton icon="menu" label={t('shell.openMenu')} onClick={onMenu} />
      </span>
      <ProjectPlace />
      <QuickSearch />
      <AuditLight />
      <NoticeList />
      <LanguageMenu />
      <AppearanceMenu />
      <AccountMenu />
    </header>
  )
}

/** Whether calls are being recorded. What was recorded is proved on the page of the audit log. */
function AuditLight() {
  const { t } = useTranslation()
  const may = useMay('audit')
  const found = useQuery({ ...systemQuery, enabled: may })
  const isAway = waiting.use() !== null
  if (!may) return null
  if (isAway || found.data === undefined || found.isError)
    return (
      <span className="audit-light unknown" title={t('shell.recordingUnknownHint')}>
        <Icon name="log" />
        <span>{t('shell.recordingUnknown')}</span>
      </span>
    )
  return (
    <Link
      href="/audit"
      className="audit-light"
      title={t('shell.records', {
        count: found.data.audit_records,
        n: wholeNumber(found.data.audit_records),
      })}
    >
      <Icon name="log" />
      <span>{t('shell.recording')}</span>
    </Link>
  )
}

function NoticeBar() {
  const { t } = useTranslation()
  const notice = shownNotice.use()
  return (
    <div role="status" className="notice-bar">
      {notice !== null && (
        <Banner
          tone={notice.kind}
          action={
            <IconButton
              icon="close"
              label={t('common.close')}
              onClick={() => shownNotice.set(null)}
            />
          }
        >
          <p>{notice.text}</p>
        </Banner>
      )}
    </div>
  )
}

/** The navigation of a narrow screen. */
function Drawer({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const shown = useRef(false)
  return (
    <dialog
      className="drawer fade"
      aria-label={t('shell.navigation')}
      ref={(dialog) => {
        if (dialog === null || shown.current) return
        shown.current = true
        dialog.showModal()
      }}
      onCancel={onClose}
      onClose={onClose}
    >
      <div className="drawer-head">
        <IconButton icon="close" label={t('common.close')} onClick={onClose} />
      </div>
      <Rail onNavigate={onClose} />
    </dialog>
  )
}
