/** In place of the controls that a person's role has not: who has them. */
import { useTranslation } from 'react-i18next'
import { useMay } from '../../app/session.ts'

export function ManagersNote() {
  const { t } = useTranslation()
  return useMay('manage') ? null : <p className="panel-text soft">{t('key.managers')}</p>
}
