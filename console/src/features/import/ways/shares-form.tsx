/**
 * Shares typed from paper, one field each. They stay for the slip of the pen to be found, and go
 * with the form or the session.
 */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../../parts/controls/button.tsx'
import { AreaField } from '../../../parts/controls/field.tsx'
import { useEmptied } from './use-emptied.ts'

const usual = 3
const most = 16

type Props = {
  readonly action: string
  readonly isBusy: boolean
  readonly onShares: (texts: readonly string[]) => void
  readonly count?: number
}

export function SharesForm({ action, isBusy, onShares, count = usual }: Props) {
  const { t } = useTranslation()
  const form = useEmptied()
  const [fields, setFields] = useState(count)
  const send = (): void => {
    const areas = [...(form.current?.querySelectorAll('textarea') ?? [])]
    const texts = areas.map((area) => area.value.trim()).filter((text) => text !== '')
    if (texts.length === 0 || isBusy) return
    onShares(texts)
  }
  return (
    <form
      ref={form}
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {Array.from({ length: fields }, (_, i) => i + 1).map((n) => (
        <AreaField
          key={n}
          label={t('import.share.label', { n })}
          rows={3}
          autoCapitalize="none"
          className="input area mono"
        />
      ))}
      <p className="line">
        <Button type="submit" busy={isBusy}>
          {action}
        </Button>
        {fields < most && (
          <Button kind="quiet" onClick={() => setFields(fields + 1)}>
            {t('import.share.more')}
          </Button>
        )}
      </p>
    </form>
  )
}
