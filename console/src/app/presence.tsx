/** What comes up by itself: no connection, a session that ends soon, one that is over. */
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describeSession, type Session } from '../api/admin.ts'
import { lastKeptAliveAt, touched } from '../api/call.ts'
import { SignInForm } from '../features/sign-in/sign-in-form.tsx'
import { Button } from '../parts/controls/button.tsx'
import { Dialog } from '../parts/controls/dialog.tsx'
import { useNow } from '../parts/data/time.tsx'
import { Banner } from '../parts/page/banner.tsx'
import { tryNow, waiting } from './connection.ts'
import { signedOut, useSession } from './session.ts'

export function ConnectionBanner() {
  const isAway = waiting.use() !== null
  return (
    <div role="alert" className="connection">
      {isAway && <Away />}
    </div>
  )
}

function Away() {
  const { t } = useTranslation()
  const seconds = waiting.use() ?? 0
  // Read out once, not at every second.
  const [first] = useState(seconds)
  return (
    <div className="bar-banner">
      <Banner
        tone="danger"
        action={
          <Button small onClick={() => void tryNow()}>
            {t('common.retry')}
          </Button>
        }
      >
        <p>
          <span aria-hidden="true">{t('message.noConnection', { n: seconds })}</span>
          <span className="sr-only">{t('message.noConnection', { n: first })}</span>
        </p>
      </Banner>
    </div>
  )
}

const warnMs = 120_000

/** Two minutes before the end: one key press goes on. */
export function SessionEnding() {
  const { t } = useTranslation()
  const { idle_minutes, expires_at } = useSession()
  const now = useNow(5000)
  const [startedAt] = useState(() => Date.now())
  const idleEnd = Math.max(startedAt, lastKeptAliveAt()) + idle_minutes * 60_000
  const end = Math.min(idleEnd, expires_at ?? idleEnd)
  const left = end - now
  if (left > warnMs || left < 0) return null
  const canStay = expires_at === null || expires_at - now > warnMs
  return (
    <div className="bar-banner">
      <Banner
        tone="warning"
        live="polite"
        action={
          canStay && (
            <Button
              small
              onClick={() => {
                touched()
                void describeSession()
              }}
            >
              {t('shell.stay')}
            </Button>
          )
        }
      >
        <p>
          {t('shell.endsSoon', {
            minutes: Math.ceil(left / 60_000),
            count: Math.ceil(left / 60_000),
          })}
        </p>
      </Banner>
    </div>
  )
}

export const materialLost = new EventTarget()

export function SignedOutDialog({ session }: { readonly session: Session }) {
  const { t } = useTranslation()
  useEffect(() => {
    materialLost.dispatchEvent(new Event('signed-out'))
  }, [])
  return (
    <Dialog
      title={t('signIn.again')}
      lead={t('message.signedOut', { n: session.idle_minutes })}
      onClose={() => {}}
      footer={<Button onClick={signedOut}>{t('signIn.leave')}</Button>}
    >
      <SignInForm userName={session.user.name} project={session.project.id} />
    </Dialog>
  )
}
