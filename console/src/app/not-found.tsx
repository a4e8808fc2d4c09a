/** No such page, no such key, or not for this role: all three get the same words. */
import { useTranslation } from 'react-i18next'
import { ButtonLink } from '../parts/controls/button.tsx'
import { Page } from '../parts/page/page.tsx'
import { Empty } from '../parts/page/states.tsx'

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function NotFound() {
  const { t } = useTranslation()
  return (
    <Page title={t('notFound.title')}>
      <Empty action={<ButtonLink href="/">{t('notFound.home')}</ButtonLink>}>
        {t('message.noSuchPage')}
      </Empty>
    </Page>
  )
}
