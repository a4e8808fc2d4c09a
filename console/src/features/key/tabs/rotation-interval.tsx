/** The form that sets how often a key rotates, or begins it. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rotationDays } from '../../../../../src/domain/rules.ts'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { isRefusal, Objection, useRefusalText } from '../../../api/refusal.ts'
import { notify } from '../../../app/notices.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { TextField } from '../../../parts/controls/field.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { typedDays } from '../../../parts/data/typed-days.ts'

type Props = {
  readonly item: KeyCard
  readonly current: number | undefined
  readonly reason: string | undefined
}

export function Interval({ item, current, reason }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [days, setDays] = useState(String(current ?? rotationDays.usual))
  const [error, setError] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const save = async (): Promise<void> => {
    const count = typedDays(days, rotationDays)
    if (count === undefined)
      return setError(new Objection('errors.rotation-interval-invalid', rotationDays))
    setBusy(true)
    setError(undefined)
    try {
      await (current === undefined
        ? kms.enableRotation(item.id, count)
        : kms.setRotationInterval(item.id, count))
      notify('ok', t('rotation.saved', { count }))
      await client.invalidateQueries()
    } catch (refusal) {
      setError(refusal)
    } finally {
      setBusy(false)
    }
  }
  const isOfField = error instanceof Objection || isRefusal(error, 'rotation-interval-invalid')
  return (
    <form
      className="panel-text"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy && reason === undefined) void save()
      }}
    >
      <TextField
        label={t('rotation.intervalLabel', rotationDays)}
        value={days}
        inputMode="numeric"
        className="input short-input"
        error={isOfField ? refusalText(error) : undefined}
        onChange={(event) => setDays(event.target.value.trim())}
        aside={
          <Button type="submit" reason={reason} quietReason busy={isBusy}>
            {current === undefined ? t('rotation.turnOn') : t('common.save')}
          </Button>
        }
      />
      <SubmitError
        cause={error}
        text={error === undefined || isOfField ? undefined : refusalText(error)}
      />
    </form>
  )
}
