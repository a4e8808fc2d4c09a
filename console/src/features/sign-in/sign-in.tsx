/** Getting in; the first time, with a password of one's own. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConnectionBanner } from '../../app/presence.tsx'
import { endSession, sessionState, signedIn } from '../../app/session.ts'
import { AppearanceMenu, LanguageMenu } from '../../app/shell/menus.tsx'
import { Button } from '../../parts/controls/button.tsx'
import { Brand } from '../../parts/page/icon.tsx'
import { Page } from '../../parts/page/page.tsx'
import { NewPasswordForm } from './new-password-form.tsx'
import { SignInForm } from './sign-in-form.tsx'

export function SignInPage() {
  const { t } = useTranslation()
  const state = sessionState.use()
  const [password, setPassword] = useState('')
  const isFirst = state.kind === 'active'
  return (
    <>
      <ConnectionBanner />
      <main className="sign-in-page">
        <div className="sign-in-card">
          <div className="brand">
            <Brand />
            <span>Holdfast</span>
            <span className="grow line">
              <LanguageMenu />
              <AppearanceMenu />
            </span>
          </div>
          <Page title={isFirst ? t('signIn.firstTitle') : t('signIn.title')}>
            {isFirst ? (
              <>
                <p className="soft">{t('signIn.firstLead')}</p>
                <NewPasswordForm
                  userName={state.session.user.name}
                  current={password}
                  onDone={(session) => {
                    setPassword('')
                    signedIn(session)
                  }}
                />
                <Button
                  kind="quiet"
                  onClick={() => {
                    void endSession()
                  }}
                >
                  {t('signIn.leave')}
                </Button>
              </>
            ) : (
              <SignInForm onPassword={setPassword} />
            )}
          </Page>
        </div>
      </main>
    </>
  )
}
