/** A new key: made here, or empty for material of one's own. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { rotationDays } from '../../../../../src/domain/rules.ts'
import { useRefusalText } from '../../../api/refusal.ts'
import { notify } from '../../../app/notices.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CheckField, RadioCards, TextField } from '../../../parts/controls/field.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { CodeBlock } from '../../../parts/data/code-block.tsx'
import { Page } from '../../../parts/page/page.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { createCommand } from './create-command.ts'
import { fieldOf, KeyForm } from './key-form.tsx'
import { type Made, makeKey } from './make-key.ts'
import {
  type Choices,
  canRotate,
  firstChoices,
  rotationOf,
  type Wrong,
  wrongOf,
} from './new-key-choices.ts'

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function NewKeyPage() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const goOn = useGoOn()
  const [choices, setChoices] = useState(firstChoices)
  const [error, setError] = useState<Wrong>()
  const [isBusy, setBusy] = useState(false)
  const change = (changes: Partial<Choices>): void =>
    setChoices((before) => ({ ...before, ...changes }))
  const errorOf = (field: Wrong['field']): string | undefined =>
    error?.field === field ? refusalText(error.cause) : undefined

  const create = async (): Promise<void> => {
    const wrong = wrongOf(choices)
    if (wrong !== undefined) return setError(wrong)
    setBusy(true)
    setError(undefined)
    try {
      const made = await makeKey(choices.form, choices.origin, rotationOf(choices))
      await client.invalidateQueries()
      goOn(made, choices)
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
        <ChoiceFields choices={choices} onChange={change} errorOf={errorOf} />
        <AsCommand choices={choices} />
        <SubmitError cause={error} text={errorOf('all')} />
        <Buttons alias={choices.form.alias} isBusy={isBusy} />
      </form>
    </Page>
  )
}

/**
 * Where it goes on when there is a key: to its page, or to the import of its material. What could
 * not be set on it is said on the way.
 */
function useGoOn(): (made: Made, choices: Choices) => void {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const refusalText = useRefusalText()
  return ({ id, failures }, { origin, form: { alias: name } }) => {
    for (const failure of failures)
      notify('danger', t('newKey.partly', { name, text: refusalText(failure) }))
    if (origin === 'external') return go(`/keys/${id}/import`)
    notify('ok', t('newKey.made', { name }))
    go(`/keys/${id}`)
  }
}

type FieldsProps = {
  readonly choices: Choices
  readonly onChange: (changes: Partial<Choices>) => void
  readonly errorOf: (field: Wrong['field']) => string | undefined
}

function ChoiceFields({ choices, onChange, errorOf }: FieldsProps) {
  return (
    <>
      <OriginCards origin={choices.origin} onChange={(origin) => onChange({ origin })} />
      <KeyForm
        form={choices.form}
        onChange={(form) => onChange({ form })}
        errors={{
          alias: errorOf('alias'),
          description: errorOf('description'),
          tags: errorOf('tags'),
        }}
      />
      {canRotate(choices) && (
        <RotationFields choices={choices} onChange={onChange} error={errorOf('days')} />
      )}
    </>
  )
}

type OriginProps = {
  readonly origin: Choices['origin']
  readonly onChange: (origin: Choices['origin']) => void
}

function OriginCards({ origin, onChange }: OriginProps) {
  const { t } = useTranslation()
  return (
    <RadioCards
      label={t('newKey.source')}
      name="origin"
      value={origin}
      onChange={onChange}
      options={[
        { value: 'kms', title: t('newKey.madeHere'), text: t('newKey.madeHereText') },
        { value: 'external', title: t('newKey.external'), text: t('newKey.externalText') },
      ]}
    />
  )
}

type RotationProps = Omit<FieldsProps, 'errorOf'> & { readonly error: string | undefined }

function RotationFields({ choices: { hasRotation, days }, onChange, error }: RotationProps) {
  const { t } = useTranslation()
  return (
    <Panel padded>
      <CheckField
        label={t('newKey.rotate')}
        checked={hasRotation}
        onChange={(event) => onChange({ hasRotation: event.target.checked })}
      />
      {hasRotation && (
        <TextField
          label={t('rotation.intervalLabel', rotationDays)}
          className="input short-input"
          inputMode="numeric"
          value={days}
          error={error}
          onChange={(event) => onChange({ days: event.target.value.trim() })}
        />
      )}
    </Panel>
  )
}

function AsCommand({ choices }: { readonly choices: Choices }) {
  const { t } = useTranslation()
  const { form, origin } = choices
  return (
    <details>
      <summary>{t('newKey.asCommand')}</summary>
      <CodeBlock label={t('newKey.asCommand')} text={createCommand(form, origin)} />
      {(rotationOf(choices) !== null || form.tags.length > 0) && (
        <p className="hint">{t('newKey.commandRest')}</p>
      )}
    </details>
  )
}

function Buttons({ alias, isBusy }: { readonly alias: string; readonly isBusy: boolean }) {
  const { t } = useTranslation()
  const [, go] = useLocation()
  return (
    <div className="action-bar">
      <Button onClick={() => go('/keys')}>{t('common.cancel')}</Button>
      <Button
        type="submit"
        kind="primary"
        busy={isBusy}
        reason={alias === '' ? t('newKey.aliasMissing') : undefined}
      >
        {t('actions.createKey')}
      </Button>
    </div>
  )
}
