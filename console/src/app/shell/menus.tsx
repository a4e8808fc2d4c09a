/** Menus of the top bar: language, appearance, account. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { PasswordDialog } from '../../features/sign-in/password-dialog.tsx'
import { IconButton } from '../../parts/controls/button.tsx'
import { Menu } from '../../parts/controls/menu.tsx'
import { leave } from '../history.ts'
import { notify } from '../notices.ts'
import { endSession, useSession } from '../session.ts'
import { appearance, appearances, language, languages, shortcuts } from '../settings.ts'
import { PlaceDialog } from './project-place.tsx'

const languageNames = { en: 'English', 'zh-CN': '简体中文' } as const

export function LanguageMenu() {
  const { t } = useTranslation()
  const chosen = language.use()
  return (
    <Menu
      label={t('words.language')}
      trigger={<IconButton icon="globe" label={t('words.language')} />}
      items={languages.map((name) => ({
        kind: 'check',
        label: languageNames[name],
        checked: name === chosen,
        onSelect: () => language.set(name),
      }))}
    />
  )
}

export function AppearanceMenu() {
  const { t } = useTranslation()
  const chosen = appearance.use()
  return (
    <Menu
      label={t('words.appearance')}
      trigger={<IconButton icon="sun" label={t('words.appearance')} />}
      items={appearances.map((name) => ({
        kind: 'check',
        label: t(`shell.appearance.${name}`),
        checked: name === chosen,
        onSelect: () => appearance.set(name),
      }))}
    />
  )
}

export function AccountMenu() {
  const { t } = useTranslation()
  const { user } = useSession()
  const [, go] = useLocation()
  const [isChanging, setChanging] = useState(false)
  const [isAtPlace, setAtPlace] = useState(false)
  const keys = shortcuts.use()
  const initials = user.name.slice(0, 2).toUpperCase()
  const signOut = async (): Promise<void> => {
    if (await endSession()) go('/sign-in')
    else notify('danger', t('errors.no-connection'))
  }
  return (
    <>
      <Menu
        label={t('shell.account')}
        trigger={
          // The visible text is part of the name, for people who use voice control.
          <button
            type="button"
            className="account"
            aria-label={t('common.joined', {
              first: initials,
              second: t('shell.accountOf', { name: user.name }),
            })}
          >
            {initials}
          </button>
        }
        items={[
          { kind: 'heading', label: `${user.name} · ${t(`roles.${user.role as 'admin'}`)}` },
          { label: t('shell.changePassword'), onSelect: () => setChanging(true) },
          { label: t('shell.accessKeys'), onSelect: () => go('/people') },
          { label: t('shell.place'), onSelect: () => setAtPlace(true) },
          {
            kind: 'check',
            label: t('shell.singleKeys'),
            checked: keys === 'on',
            onSelect: () => shortcuts.set(keys === 'on' ? 'off' : 'on'),
          },
          { kind: 'line', label: 'line' },
          { label: t('shell.signOut'), onSelect: () => leave(() => void signOut()) },
        ]}
      />
      {isChanging && <PasswordDialog onClose={() => setChanging(false)} />}
      {isAtPlace && <PlaceDialog onClose={() => setAtPlace(false)} />}
    </>
  )
}
