/** A new key: made here, or empty for material of one's own. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { rotationDays } from '../../../../src/domain/rules.ts'
import { Objection, useRefusalText } from '../../api/refusal.ts'
import { notify } from '../../app/notices.ts'
import { Button } from '../../parts/controls/button.tsx'
import { CheckField, RadioCards, TextField } from '../../parts/controls/field.tsx'
import { SubmitError } from '../../parts/controls/submit-error.tsx'
import { CodeBlock } from '../../parts/data/code-block.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Panel } from '../../parts/page/panel.tsx'
import { createCommand } from './create-command.ts'
import { type FormField, fieldOf, KeyForm, type KeyFormState, newKeyForm } from './key-form.tsx'
import { makeKey } from './make-key.ts'
import { tagObjection, tagsOf } from './tag-rows.tsx'

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function NewKeyPage() {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [origin, setOrigin] = useState<'kms' | 'external'>('kms')
  const [form, setForm] = useState<KeyFormState>(newKeyForm)
  const [rotates, setRotates] = useState(false)
  const [days, setDays] = useState(String(rotationDays.usual))
  const [error, setError] = useState<{
    readonly field: FormField | 'days'
    readonly cause: unknown
  }>()
  const [isBusy, setBusy] = useState(false)
  const canRotate = origin === 'kms' && form.kind === 'encrypt'

  const create = async (): Promise<void> => {
    if (
      canRotate &&
      rotates &&
      !(Number(days) >= rotationDays.min && Number(days) <= rotationDays.max)
    )
      return setError({
        field: 'days',
        cause: new Objection('errors.rotation-interval-invalid', rotationDays),
      })
    const objection = tagObjection(tagsOf(form.tags))
    if (objection !== undefined) return setError({ field: 'tags', cause: objection })
    setBusy(true)
    setError(undefined)
    try {
      const { id, failures } = await makeKey(
        form,
        origin,
        canRotate && rotates ? Number(days) : null,
      )
      await client.invalidateQueries()
      for (const failure of failures)
        notify('danger', t('newKey.partly', { name: form.alias, text: refusalText(failure) }))
      if (origin === 'external') return go(`/keys/${id}/import`)
      notify('ok', t('newKey.made', { name: form.alias }))
      go(`/keys/${id}`)
    } catch (refusal) {
      setError({ field: fieldOf(refusal), cause: refusal })
      setBusy(false)
    }
  }
  return (
    <Page title={t('actions.createKey')} crumbs={[{ href: '/keys', label: t('nav.keys') }]}>
      <form
        className="form-page stack wide"
        onSubmit={(event) => {
          event.preventDefault()
          if (!isBusy) void create()
        }}
      >
        <RadioCards
          label={t('newKey.source')}
          name="origin"
          value={origin}
          onChange={setOrigin}
          options={[
            { value: 'kms', title: t('newKey.madeHere'), text: t('newKey.madeHereText') },
            { value: 'external', title: t('newKey.external'), text: t('newKey.externalText') },
          ]}
        />
        <KeyForm
          form={form}
          onChange={setForm}
          errors={{
            alias: error?.field === 'alias' ? refusalText(error.cause) : undefined,
            description: error?.field === 'description' ? refusalText(error.cause) : undefined,
            tags: error?.field === 'tags' ? refusalText(error.cause) : undefined,
          }}
        />
        {canRotate && (
          <Panel padded>
            <CheckField
              label={t('newKey.rotate')}
              checked={rotates}
              onChange={(event) => setRotates(event.target.checked)}
            />
            {rotates && (
              <TextField
                label={t('rotation.intervalLabel', rotationDays)}
                className="input short-input"
                inputMode="numeric"
                value={days}
                error={error?.field === 'days' ? refusalText(error.cause) : undefined}
                onChange={(event) => setDays(event.target.value.trim())}
              />
            )}
          </Panel>
        )}
        <details>
          <summary>{t('newKey.asCommand')}</summary>
          <CodeBlock label={t('newKey.asCommand')} text={createCommand(form, origin)} />
          {((canRotate && rotates) || form.tags.length > 0) && (
            <p className="hint">{t('newKey.commandRest')}</p>
          )}
        </details>
        <SubmitError
          cause={error}
          text={error?.field === 'all' ? refusalText(error.cause) : undefined}
        />
        <div className="action-bar">
          <Button onClick={() => go('/keys')}>{t('common.cancel')}</Button>
          <Button
            type="submit"
            kind="primary"
            busy={isBusy}
            reason={form.alias === '' ? t('newKey.aliasMissing') : undefined}
          >
            {t('actions.createKey')}
          </Button>
        </div>
      </form>
    </Page>
  )
}
