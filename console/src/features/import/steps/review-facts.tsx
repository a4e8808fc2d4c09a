/** What is about to be imported, or drilled, and how. */
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Facts as FactList, Panel } from '../../../parts/page/panel.tsx'
import { nameOf } from '../../key/key-name.ts'
import { isPair } from '../../key/kinds.ts'
import type { Choices, Mode } from '../choices.ts'
import { Expires } from './expires.tsx'
import { materialFacts } from './facts-panel.tsx'

type Props = {
  readonly item: KeyCard
  readonly mode: Mode
  readonly choices: Choices
  readonly facts: Facts | undefined
  readonly isProved: boolean
  readonly expiresAt: number | null
}

export function ReviewFacts({ item, mode, choices, facts, isProved, expiresAt }: Props) {
  const { t } = useTranslation()
  return (
    <Panel>
      <FactList
        facts={[
          { name: t('words.key'), value: <span className="break">{nameOf(item)}</span> },
          { name: t('words.spec'), value: <span className="mono">{item.spec}</span> },
          ...(facts === undefined ? [] : materialFacts(t, facts)),
          { name: t('words.source'), value: sourceText(t, choices) },
          mode === 'import' &&
            choices.way !== 'elsewhere' && {
              name: t('words.backup'),
              value: backupText(t, choices, isProved, item),
            },
          mode === 'import' && {
            name: t('words.expires'),
            value: item.permanent ? (
              t('import.review.permanent', { spec: item.spec })
            ) : (
              <Expires at={expiresAt} />
            ),
          },
          {
            name: t('import.review.wrapping'),
            value: isPair(item.spec)
              ? t('import.review.wrappingPair')
              : t('import.review.wrappingSymmetric'),
          },
        ]}
      />
    </Panel>
  )
}

function sourceText(t: TFunction, { way }: Choices): string {
  if (way === 'elsewhere') return t('import.way.elsewhere')
  return way === 'made-here' ? t('import.origin.made') : t('import.way.file')
}

function backupText(t: TFunction, choices: Choices, isProved: boolean, item: KeyCard): string {
  if (choices.backup === 'place' && choices.place !== '') return choices.place
  if (isProved)
    return t('common.joined', {
      first: t(`import.backup.${choices.backup}`),
      second: t('import.backup.proved'),
    })
  return item.needs_drill ? t('evidence.noBackup') : t('import.review.drilled')
}
