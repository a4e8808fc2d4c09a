/** Alias, description, where the backup is: changed unless somebody else was faster. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { kindOf } from '../../../../../src/domain/commands.ts'
import { aliasBytes, backupPlaceLength } from '../../../../../src/domain/rules.ts'
import {
  describeKey,
  editKey,
  type KeyCard,
  type KeyEdit,
  keyActivity,
} from '../../../api/admin.ts'
import { isRefusal, useRefusalText } from '../../../api/refusal.ts'
import { notify } from '../../../app/notices.ts'
import { AreaField, TextField } from '../../../parts/controls/field.tsx'
import { FormDialog } from '../../../parts/controls/form-dialog.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { shortTime } from '../../../parts/data/format.ts'
import { type FormField, fieldOf } from '../../keys/new/key-form.tsx'
import { useNames } from '../../people/names.ts'
import { nameOf } from '../key-name.ts'

type Form = { readonly alias: string; readonly description: string; readonly place: string }

/** Values of the fields for a key. */
function formOf({ alias, description, backup_place }: KeyCard): Form {
  return { alias: alias ?? '', description, place: backup_place ?? '' }
}

/** @param revision what the form was opened on. */
function editOf(item: KeyCard, { alias, description, place }: Form, revision: number): KeyEdit {
  return {
    revision,
    ...(alias !== (item.alias ?? '') && { alias }),
    description,
    ...(item.origin === 'external' && { backup_place: place }),
  }
}

type Props = { readonly item: KeyCard; readonly onClose: () => void }

export function EditDialog({ item, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const conflictText = useConflictText()
  // What the form was opened on: a change by somebody else is noticed against that.
  const [revision, setRevision] = useState(item.revision)
  const [form, setForm] = useState(() => formOf(item))
  const [error, setError] = useState<{ readonly field: FormField; readonly text: string }>()
  const [isBusy, setBusy] = useState(false)
  const errorOf = (field: FormField): string | undefined =>
    error?.field === field ? error.text : undefined
  const refuse = (refusal: unknown): void =>
    setError({ field: fieldOf(refusal), text: refusalText(refusal) })

  /** What was typed stays, and is saved over the other change the next time. */
  const showConflict = async (): Promise<void> => {
    const fresh = await describeKey(item.id)
    const change = await lastChange(item.id)
    setRevision(fresh.revision)
    setError({ field: 'all', text: conflictText(fresh, change) })
    await client.invalidateQueries({ queryKey: ['key', item.id] })
  }
  const save = async (): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await editKey(item.id, editOf(item, form, revision))
      await client.invalidateQueries()
      notify('ok', t('key.saved', { name: form.alias }))
      onClose()
    } catch (refusal) {
      if (!isRefusal(refusal, 'changed-meanwhile')) return refuse(refusal)
      await showConflict().catch(refuse)
    } finally {
      setBusy(false)
    }
  }
  return (
    <FormDialog
      title={t('key.editTitle', { name: nameOf(item) })}
      onClose={onClose}
      refusal={<SubmitError cause={error} text={errorOf('all')} tone="warning" />}
      submit={t('common.save')}
      busy={isBusy}
      onSubmit={() => void save()}
    >
      <EditFields
        item={item}
        form={form}
        onChange={(changes) => setForm((before) => ({ ...before, ...changes }))}
        errorOf={errorOf}
      />
    </FormDialog>
  )
}

type FieldsProps = {
  readonly item: KeyCard
  readonly form: Form
  readonly onChange: (changes: Partial<Form>) => void
  readonly errorOf: (field: FormField) => string | undefined
}

/** Only of imported material there is a backup that somebody keeps. */
function EditFields({ item, form, onChange, errorOf }: FieldsProps) {
  const { t } = useTranslation()
  return (
    <>
      <TextField
        label={t('words.alias')}
        value={form.alias}
        error={errorOf('alias')}
        hint={t('newKey.aliasHint')}
        maxLength={aliasBytes}
        spellCheck={false}
        data-autofocus
        onChange={(event) => onChange({ alias: event.target.value })}
      />
      <AreaField
        label={t('words.description')}
        value={form.description}
        error={errorOf('description')}
        rows={3}
        onChange={(event) => onChange({ description: event.target.value })}
      />
      {item.origin === 'external' && (
        <TextField
          label={t('key.backupPlaceLabel')}
          value={form.place}
          hint={t('import.backup.placeHint')}
          maxLength={backupPlaceLength}
          onChange={(event) => onChange({ place: event.target.value })}
        />
      )}
    </>
  )
}

type Change = { readonly caller: string | null; readonly time: number }

/** That somebody else was faster, who and when. */
function useConflictText(): (fresh: KeyCard, change: Change | undefined) => string {
  const { t } = useTranslation()
  const name = useNames()
  return (fresh, change) =>
    t('message.changedMeanwhile', {
      alias: nameOf(fresh),
      who: name(change?.caller ?? null),
      time: shortTime(change?.time ?? Date.now()),
    })
}

/**
 * The last change of a key by somebody: who and when; undefined for those who may not read the log.
 */
async function lastChange(id: string): Promise<Change | undefined> {
  try {
    const { records } = await keyActivity(id, { outcome: 'ok', reads: 'hidden', limit: 50 })
    return records.find(({ operation }) => !['read', 'use'].includes(kindOf(operation) ?? ''))
  } catch {
    return undefined
  }
}
