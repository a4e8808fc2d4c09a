/** Alias, description, where the backup is: changed unless somebody else was faster. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { kindOf } from '../../../../../src/domain/commands.ts'
import { aliasBytes, backupPlaceLength } from '../../../../../src/domain/rules.ts'
import { describeKey, editKey, type KeyCard, keyActivity } from '../../../api/admin.ts'
import { isRefusal, useRefusalText } from '../../../api/refusal.ts'
import { notify } from '../../../app/notices.ts'
import { AreaField, TextField } from '../../../parts/controls/field.tsx'
import { FormDialog } from '../../../parts/controls/form-dialog.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { shortTime } from '../../../parts/data/format.ts'
import { useNames } from '../../people/names.ts'
import { nameOf } from '../key-name.ts'

export function EditDialog({
  item,
  onClose,
}: {
  readonly item: KeyCard
  readonly onClose: () => void
}) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const name = useNames()
  // What the form was opened on: a change by somebody else is noticed against that.
  const [revision, setRevision] = useState(item.revision)
  const [alias, setAlias] = useState(item.alias ?? '')
  const [description, setDescription] = useState(item.description)
  const [place, setPlace] = useState(item.backup_place ?? '')
  const [error, setError] = useState<{
    readonly field: 'alias' | 'description' | 'place' | 'all'
    readonly text: string
  }>()
  const [isBusy, setBusy] = useState(false)

  const save = async (): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      await editKey(item.id, {
        revision,
        ...(alias !== (item.alias ?? '') && { alias }),
        description,
        ...(item.origin === 'external' && { backup_place: place }),
      })
      await client.invalidateQueries()
      notify('ok', t('key.saved', { name: alias }))
      onClose()
    } catch (refusal) {
      if (isRefusal(refusal, 'changed-meanwhile')) {
        const fresh = await describeKey(item.id)
        const by = await lastChange(item.id)
        setRevision(fresh.revision)
        setError({
          field: 'all',
          text: t('message.changedMeanwhile', {
            alias: nameOf(fresh),
            who: name(by?.caller ?? null),
            time: shortTime(by?.time ?? Date.now()),
          }),
        })
        await client.invalidateQueries({ queryKey: ['key', item.id] })
      } else
        setError({
          field: isRefusal(refusal, 'alias-invalid', 'alias-taken')
            ? 'alias'
            : isRefusal(refusal, 'description-invalid')
              ? 'description'
              : 'all',
          text: refusalText(refusal),
        })
    } finally {
      setBusy(false)
    }
  }
  const errorOf = (field: string): string | undefined =>
    error?.field === field ? error.text : undefined
  return (
    <FormDialog
      title={t('key.editTitle', { name: nameOf(item) })}
      onClose={onClose}
      refusal={
        <SubmitError
          cause={error}
          text={error?.field === 'all' ? error.text : undefined}
          tone="warning"
        />
      }
      submit={t('common.save')}
      busy={isBusy}
      onSubmit={() => void save()}
    >
      <TextField
        label={t('words.alias')}
        value={alias}
        error={errorOf('alias')}
        hint={t('newKey.aliasHint')}
        maxLength={aliasBytes}
        spellCheck={false}
        data-autofocus
        onChange={(event) => setAlias(event.target.value)}
      />
      <AreaField
        label={t('words.description')}
        value={description}
        error={errorOf('description')}
        rows={3}
        onChange={(event) => setDescription(event.target.value)}
      />
      {item.origin === 'external' && (
        <TextField
          label={t('key.backupPlaceLabel')}
          value={place}
          hint={t('import.backup.placeHint')}
          maxLength={backupPlaceLength}
          onChange={(event) => setPlace(event.target.value)}
        />
      )}
    </FormDialog>
  )
}

/**
 * The last change of a key by somebody: who and when; undefined for those who may not read the log.
 */
async function lastChange(
  id: string,
): Promise<{ caller: string | null; time: number } | undefined> {
  try {
    const { records } = await keyActivity(id, { outcome: 'ok', reads: 'hidden', limit: 50 })
    return records.find(({ operation }) => !['read', 'use'].includes(kindOf(operation) ?? ''))
  } catch {
    return undefined
  }
}
