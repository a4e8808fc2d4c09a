/** Whether a backup that was opened holds the material of this page. */
import { useTranslation } from 'react-i18next'
import type { ProveAnswer } from '../../../material/protocol.ts'
import { groupedHex } from '../../../parts/data/format.ts'
import { Banner } from '../../../parts/page/banner.tsx'
import { useReadRefusal } from '../ways/read-refusal.ts'

export function ProofResult({ answer }: { readonly answer: ProveAnswer | undefined }) {
  const { t } = useTranslation()
  const words = useReadRefusal()
  return (
    <div role="status">
      {answer?.kind === 'matches' && (
        <Banner tone="ok">
          <p>
            <b>{t('import.backup.matches')}</b>{' '}
            {answer.checkValue !== null &&
              t('import.backup.matchesValue', { cv: groupedHex(answer.checkValue) })}
          </p>
        </Banner>
      )}
      {answer?.kind === 'other' && (
        <Banner tone="danger">
          <p>
            {t('import.backup.other', {
              cv: groupedHex(answer.checkValue ?? answer.fingerprint ?? ''),
            })}
          </p>
        </Banner>
      )}
      {answer?.kind === 'refused' && (
        <Banner tone="danger">
          <p>{words(answer).text}</p>
        </Banner>
      )}
    </div>
  )
}
