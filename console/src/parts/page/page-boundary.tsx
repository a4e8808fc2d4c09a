/** Shown in place of a page that failed to render, with a way to try again. */
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { Button } from '../controls/button.tsx'
import { Banner } from './banner.tsx'
import { Boundary, errorName } from './boundary.tsx'

/**
 * In the frame around the pages, a page that breaks leaves navigation and account where they are.
 */
export function PageBoundary({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation()
  const [here] = useLocation()
  const [tries, setTries] = useState(0)
  return (
    <Boundary
      place={`${here} ${tries}`}
      instead={(error) => (
        <Banner
          tone="danger"
          live="polite"
          action={
            <Button small onClick={() => setTries(tries + 1)}>
              {t('common.retry')}
            </Button>
          }
        >
          <p>{t('common.brokenPage')}</p>
          <p className="small soft break">{errorName(error)}</p>
        </Banner>
      )}
    >
      {children}
    </Boundary>
  )
}
