/**
 * What an operation of the audit log is called; the name in the log itself, where no word was given
 * to it.
 */
import { useTranslation } from 'react-i18next'

export function useOperationName(): (operation: string) => string {
  const { t, i18n } = useTranslation()
  return (operation) => {
    const key = `operations.${operation}`
    return i18n.exists(key) ? t(key as 'operations.encrypt') : operation
  }
}
