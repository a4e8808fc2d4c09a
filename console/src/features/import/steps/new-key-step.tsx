/**
 * The first step of an import that begins without a key: what it will do; then the empty key is
 * there.
 */
import { useQueryClient } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { isPermanent } from '../../../../../src/domain/rules.ts'
import { saveImport } from '../../../api/admin.ts'
import { useRefusalText } from '../../../api/refusal.ts'
import { notify } from '../../../app/notices.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CheckField } from '../../../parts/controls/field.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { Page } from '../../../parts/page/page.tsx'
import { specOf } from '../../key/kinds.ts'
import {
  type FormField,
  fieldOf,
  KeyForm,
  type KeyFormState,
  newKeyForm,
} from '../../keys/new/key-form.tsx'
import { makeKey } from '../../keys/new/make-key.ts'
import { tagObjection, tagsOf } from '../../keys/new/tag-rows.tsx'
import { Aside } from '../aside.tsx'
import { firstChoices, stepsOf, storedChoices } from '../choices.ts'
import { StepBar, Steps, WhereLine } from '../wizard.tsx'

export function NewKeyStep() {
  const { t } = useTranslation()
  const [form, setForm] = useState<KeyFormState>(newKeyForm)
  const spec = specOf(form.spec)
  const permanent = spec !== undefined && isPermanent(spec)
  return (
    <Page title={t('import.titleNew')} crumbs={[{ href: '/keys', label: t('nav.keys') }]}>
      <WhereLine at="nowhere" />
      <Steps
        steps={stepsOf('import', undefined, permanent, undefined)}
        at="kind"
        notes={{}}
        aside={<Aside permanent={permanent} mode="import" />}
      >
        <EmptyKeyForm form={form} onChange={setForm} />
      </Steps>
    </Page>
  )
}

type FormProps = {
  readonly form: KeyFormState
  readonly onChange: (form: KeyFormState) => void
}

type FormError = { readonly field: FormField; readonly cause: unknown }

/** Creates the empty key, and goes on to its material. */
function EmptyKeyForm({ form, onChange }: FormProps) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [isAccepted, setAccepted] = useState(false)
  const [error, setError] = useState<FormError>()
  const [isBusy, setBusy] = useState(false)
  const reason = missingText(t, form, isAccepted)
  const create = async (): Promise<void> => {
    const objection = tagObjection(tagsOf(form.tags))
    if (objection !== undefined) return setError({ field: 'tags', cause: objection })
    setBusy(true)
    setError(undefined)
    try {
      const { id, failures } = await makeKey(form, 'external', null)
      for (const failure of failures)
        notify('danger', t('newKey.partly', { name: form.alias, text: refusalText(failure) }))
      await saveImport(id, 'material', storedChoices(firstChoices))
      await client.invalidateQueries()
      go(`/keys/${id}/import`, { replace: true })
    } catch (refusal) {
      setError({ field: fieldOf(refusal), cause: refusal })
      setBusy(false)
    }
  }
  return (
    <form
      className="stack wide"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy && reason === undefined) void create()
      }}
    >
      <KeyFields form={form} onChange={onChange} error={error} />
      <CheckField
        label={t('import.kind.accept')}
        checked={isAccepted}
        onChange={(event) => setAccepted(event.target.checked)}
      />
      <p className="soft small">{t('import.kind.leave')}</p>
      <SubmitError
        cause={error}
        text={error?.field === 'all' ? refusalText(error.cause) : undefined}
      />
      <StepBar>
        <Button onClick={() => go('/keys')}>{t('common.cancel')}</Button>
        <Button type="submit" kind="primary" busy={isBusy} reason={reason}>
          {t('import.kind.create')}
        </Button>
      </StepBar>
    </form>
  )
}

/** What has to be done before the key can be created; undefined where nothing is missing. */
function missingText(
  t: TFunction,
  { alias }: KeyFormState,
  isAccepted: boolean,
): string | undefined {
  if (alias === '') return t('newKey.aliasMissing')
  return isAccepted ? undefined : t('import.kind.acceptFirst')
}

/** The fields of the key, with the error of the one that it is about. */
function KeyFields({
  form,
  onChange,
  error,
}: FormProps & { readonly error: FormError | undefined }) {
  const refusalText = useRefusalText()
  const errors = error && { [error.field]: refusalText(error.cause) }
  return <KeyForm form={form} onChange={onChange} hideQuestion errors={errors ?? {}} />
}
