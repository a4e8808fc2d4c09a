/** The own password, changed: every other session of the person ends. */
import { useTranslation } from 'react-i18next'
import { notify } from '../notices.ts'
import { NewPasswordForm } from '../pages/new-password-form.tsx'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { signedIn, useSession } from '../session.ts'

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
