/** A tag for one key or for several. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { Objection, useRefusalText } from '../../../api/refusal.ts'
import { TextField } from '../../../parts/controls/field.tsx'
import { FormDialog } from '../../../parts/controls/form-dialog.tsx'
import { tagObjection } from '../../keys/new/tag-rows.tsx'
import { nameOf } from '../key-name.ts'
import type { DialogProps } from './dialog-props.ts'
import { FailureList, KeyList } from './key-list.tsx'
import { useEach } from './run-each.ts'

export type CardTag = KeyCard['tags'][number]

type Props = DialogProps & {
  /** The one whose value is changed; without it one is added. */
  readonly tag?: CardTag
}

export function TagDialog({ keys, tag, onClose, onDone }: Props) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const each = useEach(onDone)
  const [name, setName] = useState(tag?.key ?? '')
  const [value, setValue] = useState(tag?.value ?? '')
  const [error, setError] = useState<Objection>()
  const [only] = keys
  const isOne = keys.length === 1 && only !== undefined
  const isOfValue = error?.key.startsWith('errors.tag-value') === true
  const save = async (): Promise<void> => {
    const isThere = tag === undefined && isOne && only.tags.some(({ key }) => key === name)
    const objection = isThere ? new Objection('tags.exists') : tagObjection([{ name, value }])
    setError(objection)
    if (objection !== undefined) return
    await each.run(
      keys,
      ({ id }) => kms.setTags(id, [{ name, value }]),
      (key) => t('tags.saved', { tag: name, name: nameOf(key) }),
    )
  }
  const title = isOne
    ? t('tags.addTitle', { name: nameOf(only) })
    : t('tags.addTitleMany', { n: keys.length })
  return (
    <FormDialog
      title={tag === undefined ? title : t('tags.changeTitle', { tag: tag.key })}
      {...(!isOne && { lead: t('tags.addLeadMany') })}
      onClose={onClose}
      refusal={<FailureList failures={each.failures} cause={error} />}
      submit={t('common.save')}
      busy={each.isBusy}
      onSubmit={() => void save()}
    >
      {tag === undefined && (
        <TextField
          label={t('words.tagKey')}
          value={name}
          hint={t('tags.keyHint')}
          error={error !== undefined && !isOfValue ? refusalText(error) : undefined}
          spellCheck={false}
          data-autofocus
          onChange={(event) => setName(event.target.value)}
        />
      )}
      <TextField
        label={t('words.tagValue')}
        value={value}
        hint={t('tags.valueHint')}
        error={isOfValue ? refusalText(error) : undefined}
        spellCheck={false}
        {...(tag !== undefined && { 'data-autofocus': true })}
        onChange={(event) => setValue(event.target.value)}
      />
      {!isOne && <KeyList keys={keys} />}
    </FormDialog>
  )
}
