/** The own password, changed: every other session of the person ends. */
import { useTranslation } from 'react-i18next'
import { notify } from '../../app/notices.ts'
import { signedIn, useSession } from '../../app/session.ts'
import { Button } from '../../parts/controls/button.tsx'
import { Dialog } from '../../parts/controls/dialog.tsx'
import { NewPasswordForm } from './new-password-form.tsx'

export function PasswordDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const { user } = useSession()
  return (
    <Dialog
      title={t('shell.changePassword')}
      lead={t('signIn.changeLead')}
      onClose={onClose}
      footer={<Button onClick={onClose}>{t('common.cancel')}</Button>}
    >
      <NewPasswordForm
        userName={user.name}
        current=""
        onDone={(session) => {
          signedIn(session)
          notify('ok', t('signIn.changed'))
          onClose()
        }}
      />
    </Dialog>
  )
}
