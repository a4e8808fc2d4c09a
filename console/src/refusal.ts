/** What a refusal is called in the person's language: one sentence for each code of the domain. */
import { useTranslation } from 'react-i18next'
import { NoConnection, Refusal } from './api/call.ts'

export function useRefusalText(): (error: unknown) => string {
  const { t } = useTranslation()
  return (error) => {
    if (error instanceof NoConnection) return t('errors.no-connection')
    if (!(error instanceof Refusal)) return t('errors.internal-error')
    if (error.code === 'audit-unavailable') return t('m.40', { id: error.requestId })
    return t(`errors.${error.code}`)
  }
}

export function isRefusal(error: unknown, ...codes: readonly Refusal['code'][]): error is Refusal {
  return error instanceof Refusal && codes.includes(error.code)
}
