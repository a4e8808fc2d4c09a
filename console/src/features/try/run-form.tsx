/**
 * The frame of each form: its fields, its error, its button. Ctrl+Enter runs it from every field.
 */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../parts/controls/button.tsx'
import { SubmitError } from '../../parts/controls/submit-error.tsx'
import { Panel } from '../../parts/page/panel.tsx'

type Props = {
  readonly children: ReactNode
  readonly action: string
  readonly isBusy: boolean
  readonly error: string | undefined
  readonly onRun: () => void
  readonly aside?: ReactNode
}

export function RunForm({ children, action, isBusy, error, onRun, aside }: Props) {
  const { t } = useTranslation()
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        onRun()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        onRun()
      }}
    >
      <Panel padded>
        <div className="stack">
          {children}
          <SubmitError cause={error} text={error} />
          <div className="line">
            <Button type="submit" kind="primary" busy={isBusy}>
              {action}
            </Button>
            <span className="muted small only-wide">{t('try.runKeys')}</span>
            <span className="grow">{aside}</span>
          </div>
        </div>
      </Panel>
    </form>
  )
}
