/**
 * Asked once before a page is left that holds what leaving would take, whichever way out was taken.
 */
import { useTranslation } from 'react-i18next'
import { Button } from '../parts/controls/button.tsx'
import { Dialog } from '../parts/controls/dialog.tsx'
import { groupedHex } from '../parts/data/format.ts'
import { answerLeaving, leaving } from './history.ts'

export function LeavingDialog() {
  const { t } = useTranslation()
  const asked = leaving.use()
  if (asked === null) return null
  const { kind, checkValue } = asked.held
  const isMaterial = kind === 'material'
  return (
    <Dialog
      alert
      title={t(isMaterial ? 'import.leaveTitle' : 'people.leaveTitle')}
      lead={t(isMaterial ? 'import.leaveLead' : 'people.leaveLead')}
      onClose={() => answerLeaving(false)}
      footer={
        <>
          <Button data-autofocus onClick={() => answerLeaving(false)}>
            {t('import.stay')}
          </Button>
          <Button kind="primary" onClick={() => answerLeaving(true)}>
            {t(isMaterial ? 'import.leaveAnyway' : 'people.leaveAnyway')}
          </Button>
        </>
      }
    >
      {checkValue !== null && (
        <p className="soft">
          {t('words.checkValue')} <span className="mono">{groupedHex(checkValue)}</span>
        </p>
      )}
    </Dialog>
  )
}
