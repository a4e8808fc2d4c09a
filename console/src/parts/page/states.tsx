/** Shown in place of content: while it loads, when it failed, when it is empty. */
import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { NoConnection, Refusal } from '../../api/call.ts'
import { isRefusal, useRefusalText } from '../../api/refusal.ts'
import { Button } from '../controls/button.tsx'
import { CopyButton } from '../controls/copy.tsx'
import { Banner } from './banner.tsx'

const greyAfterMs = 150
const slowAfterMs = 3000

function rowNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, row) => `row-${row}`)
}

/** Grey rows of the final height, not before they can be seen. */
export function Loading({ rows = 5 }: { readonly rows?: number }) {
  const { t } = useTranslation()
  const [stage, setStage] = useState(0)
  useEffect(() => {
    const timers = [
      setTimeout(() => setStage(1), greyAfterMs),
      setTimeout(() => setStage(2), slowAfterMs),
    ]
    return () => timers.forEach(clearTimeout)
  }, [])
  return (
    <div className="loading" aria-busy="true">
      <p className={stage === 2 ? 'soft' : 'sr-only'} role="status">
        {stage === 2 ? t('common.stillWorking') : t('common.loading')}
      </p>
      {stage > 0 && rowNames(rows).map((name) => <div key={name} className="loading-row" />)}
    </div>
  )
}

export function Failed({
  error,
  onRetry,
}: {
  readonly error: unknown
  readonly onRetry?: () => void
}) {
  const { t } = useTranslation()
  const text = useRefusalText()
  const requestId = error instanceof Refusal ? error.requestId : ''
  return (
    <Banner
      tone="danger"
      live="polite"
      action={
        onRetry && (
          <Button small onClick={onRetry}>
            {t('common.retry')}
          </Button>
        )
      }
    >
      <p>{text(error)}</p>
      {requestId !== '' && (
        <p className="small soft">
          {t('common.requestId')} <code className="break">{requestId}</code>
          <CopyButton value={requestId} name={t('common.requestId')} />
        </p>
      )}
    </Banner>
  )
}

export function Empty({
  children,
  action,
}: {
  readonly children: ReactNode
  readonly action?: ReactNode
}) {
  return (
    <div className="empty">
      <p>{children}</p>
      {action}
    </div>
  )
}

type LoadedProps<T> = {
  readonly of: UseQueryResult<T>
  readonly rows?: number
  readonly children: (data: T) => ReactNode
}

/** The connection is away, or the person has to sign in again: what was there stays. */
function isPassing(error: unknown): boolean {
  return error instanceof NoConnection || isRefusal(error, 'session-ended', 'credentials-missing')
}

/** What a query gave. */
export function Loaded<T>({ of: query, rows, children }: LoadedProps<T>) {
  if (query.data !== undefined && (query.error === null || isPassing(query.error)))
    return children(query.data)
  if (query.error !== null && !isPassing(query.error))
    return <Failed error={query.error} onRetry={() => void query.refetch()} />
  return <Loading {...(rows !== undefined && { rows })} />
}
