/** Takes the files that were wrapped on another computer. */
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import { Alert, Banner } from '../../../parts/page/banner.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { isPair } from '../../key/kinds.ts'
import type { Choices } from '../choices.ts'
import type { WrappedElsewhere } from '../wizard-state.ts'
import { useWrappedFiles } from './use-wrapped-files.ts'

type Props = {
  readonly item: KeyCard
  readonly choices: Choices
  readonly wrapped: WrappedElsewhere | undefined
  readonly onWrapped: (wrapped: WrappedElsewhere | undefined) => void
}

export function Uploads({ item, choices, wrapped, onWrapped }: Props) {
  const { t } = useTranslation()
  const { error, isMoved, take } = useWrappedFiles(item, choices.wrappingKey, onWrapped)
  const pair = isPair(item.spec)
  return (
    <Panel title={t('import.elsewhere.bring')} padded>
      <div className="stack">
        <FilePick
          label={
            pair ? t('import.elsewhere.wrappedTemporary') : t('import.elsewhere.wrappedMaterial')
          }
          onFile={(file) => void take('secret', file)}
        />
        {pair && (
          <FilePick
            label={t('import.elsewhere.wrappedPrivate')}
            onFile={(file) => void take('privateKey', file)}
          />
        )}
        <Alert text={error} />
        {isMoved && error === undefined && <p role="status">{t('import.elsewhere.moved')}</p>}
        {wrapped !== undefined && (
          <Banner tone="ok" live="polite">
            <p>{t('import.elsewhere.ready')}</p>
          </Banner>
        )}
      </div>
    </Panel>
  )
}

type PickProps = {
  readonly label: string
  readonly onFile: (file: File | undefined) => void
}

function FilePick({ label, onFile }: PickProps) {
  return (
    <label className="file-label">
      <span>{label}</span>
      <input type="file" onChange={(event) => onFile(event.target.files?.[0])} />
    </label>
  )
}
