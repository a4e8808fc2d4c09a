/** What was said in this visit, to be read again. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from '../../parts/controls/button.tsx'
import { Dialog } from '../../parts/controls/dialog.tsx'
import { ShortTime } from '../../parts/data/time.tsx'
import { Banner } from '../../parts/page/banner.tsx'
import { notices } from '../notices.ts'

export function NoticeList() {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const all = notices.use()
  return (
    <>
      <IconButton icon="bell" label={t('shell.notices')} onClick={() => setOpen(true)} />
      {isOpen && (
        <Dialog
          title={t('shell.notices')}
          lead={all.length === 0 ? t('shell.noNotices') : t('shell.noticesLead')}
          onClose={() => setOpen(false)}
          footer={
            <Button data-autofocus onClick={() => setOpen(false)}>
              {t('common.close')}
            </Button>
          }
        >
          <ul className="notice-list">
            {all.map(({ id, kind, text, at }) => (
              <li key={id}>
                <Banner tone={kind}>
                  <p>{text}</p>
                  <p className="small soft">
                    <ShortTime at={at} />
                  </p>
                </Banner>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </>
  )
}
