/** What a refusal is called in the person's language: one sentence for each code of the domain. */
import type { ParseKeys } from 'i18next'
import { useTranslation } from 'react-i18next'
import { NoConnection, Refusal } from './call.ts'
import { secondsLeft } from './held-back.ts'

type Values = Readonly<Record<string, string | number | Objection>>

/**
 * What the page itself has to object, by its key: like a refusal it follows the language when that
 * is changed.
 */
export class Objection {
  readonly key: ParseKeys
  readonly values: Values

  constructor(key: ParseKeys, values: Values = {}) {
    this.key = key
    this.values = values
  }
}

export function useRefusalText(): (error: unknown) => string {
  const { t } = useTranslation()
  const waitText = (seconds: number): string =>
    seconds < 60
      ? t('common.seconds', { s: seconds })
      : t('common.minutes', { m: Math.floor(seconds / 60), s: seconds % 60 })
  const text = (error: unknown): string => {
    if (error instanceof Objection) {
      const values = Object.entries(error.values).map(([name, value]) => [
        name,
        value instanceof Objection ? text(value) : value,
      ])
      return t(error.key as 'message.noConnection', Object.fromEntries(values))
    }
    if (error instanceof NoConnection) return t('errors.no-connection')
    if (!(error instanceof Refusal)) return t('errors.internal-error')
    if (error.code === 'sign-in-held-back')
      return t('errors.sign-in-held-back', { wait: waitText(secondsLeft(error)) })
    if (error.code === 'audit-unavailable')
      return t('message.auditUnavailable', { id: error.requestId })
    return t(`errors.${error.code}`)
  }
  return text
}

export function isRefusal(error: unknown, ...codes: readonly Refusal['code'][]): error is Refusal {
  return error instanceof Refusal && codes.includes(error.code)
}
