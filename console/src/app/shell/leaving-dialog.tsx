/**
 * Asked once before a page is left that holds what leaving would take, whichever way out was taken.
 */
import { useTranslation } from 'react-i18next'
import { ConfirmDialog } from '../../parts/controls/confirm-dialog.tsx'
import { groupedHex } from '../../parts/data/format.ts'
import { answerLeaving, leaving } from '../history.ts'

export function LeavingDialog() {
  const { t } = useTranslation()
  const asked = leaving.use()
  if (asked === null) return null
  const { kind, checkValue } = asked.held
  const isMaterial = kind === 'material'
  return (
    <ConfirmDialog
      title={t(isMaterial ? 'import.leaveTitle' : 'people.leaveTitle')}
      lead={t(isMaterial ? 'import.leaveLead' : 'people.leaveLead')}
      onClose={() => answerLeaving(false)}
      keep={t('import.stay')}
      action={t(isMaterial ? 'import.leaveAnyway' : 'people.leaveAnyway')}
      onConfirm={() => answerLeaving(true)}
    >
      {checkValue !== null && (
        <p className="soft">
          {t('words.checkValue')} <span className="mono">{groupedHex(checkValue)}</span>
        </p>
      )}
    </ConfirmDialog>
  )
}
