/** What the key is, and what it held before. */
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CheckValue, Fingerprint } from '../../../parts/data/check-value.tsx'
import { FullTime } from '../../../parts/data/time.tsx'
import { Facts, Panel } from '../../../parts/page/panel.tsx'
import { useLastExpiry } from '../../key/state-line.tsx'
import { KindTable } from '../aside.tsx'
import { StepBar } from '../wizard.tsx'

export function WasStep({ item, onNext }: { readonly item: KeyCard; readonly onNext: () => void }) {
  const { t } = useTranslation()
  const expiredAt = useLastExpiry(item)
  return (
    <div className="stack wide">
      <Panel title={t('import.was.title')}>
        <Facts
          facts={[
            { name: t('words.spec'), value: <span className="mono">{item.spec}</span> },
            { name: t('words.usage'), value: t(`usage.${item.usage}`) },
            item.check_value !== null && {
              name: t('words.checkValue'),
              value: <CheckValue hex={item.check_value} />,
            },
            item.fingerprint !== null && {
              name: t('words.fingerprint'),
              value: <Fingerprint hex={item.fingerprint} />,
            },
            item.imported_at !== null && {
              name: t('import.was.imported'),
              value: <FullTime at={item.imported_at} />,
            },
            expiredAt !== undefined && {
              name: t('import.was.expired'),
              value: <FullTime at={expiredAt} />,
            },
          ]}
        />
      </Panel>
      <Panel padded>
        <KindTable permanent={item.permanent} />
      </Panel>
      <StepBar>
        <Button kind="primary" onClick={onNext}>
          {t('common.continue')}
        </Button>
      </StepBar>
    </div>
  )
}
