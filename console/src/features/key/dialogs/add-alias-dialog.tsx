/** A further alias for a key. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { KmsError } from '../../../../../src/domain/errors.ts'
import {
  aliasNameLength,
  aliasPrefix,
  checkAliasName,
} from '../../../../../src/domain/keys/aliases.ts'
import type { KeyDetails } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { isRefusal, Objection, useRefusalText } from '../../../api/refusal.ts'
import { TextField } from '../../../parts/controls/field.tsx'
import { FormDialog } from '../../../parts/controls/form-dialog.tsx'
import { nameOf } from '../key-name.ts'
import { FailureList } from './key-list.tsx'
import { useEach } from './run-each.ts'

function isAlias(alias: string): boolean {
  try {
    checkAliasName(alias)
    return true
  } catch (error) {
    if (error instanceof KmsError) return false
    throw error
  }
}

type Props = {
  readonly item: KeyDetails
  readonly onClose: () => void
  readonly onDone: () => void
}

export function AddAliasDialog({ item, onClose, onDone }: Props) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const each = useEach(onDone)
  const [alias, setAlias] = useState<string>(aliasPrefix)
  const [objection, setObjection] = useState<Objection>()
  const taken = each.failures.find(({ error }) => isRefusal(error, 'alias-taken'))
  const error = objection ?? taken?.error
  const save = async (): Promise<void> => {
    const isThere = item.aliases.some((one) => one.alias === alias)
    const ofForm = isAlias(alias)
      ? undefined
      : new Objection('aliases.form', { most: aliasNameLength })
    const wrong = isThere ? new Objection('aliases.exists') : ofForm
    setObjection(wrong)
    if (wrong !== undefined) return
    await each.run(
      [item],
      ({ id }) => kms.createAlias(id, alias),
      (key) => t('aliases.added', { alias, name: nameOf(key) }),
    )
  }
  return (
    <FormDialog
      title={t('aliases.addTitle', { name: nameOf(item) })}
      onClose={onClose}
      refusal={
        <FailureList failures={each.failures} cause={objection} isOfField={taken !== undefined} />
      }
      submit={t('common.save')}
      busy={each.isBusy}
      onSubmit={() => void save()}
    >
      <TextField
        label={t('words.alias')}
        value={alias}
        hint={t('aliases.form', { most: aliasNameLength })}
        error={error === undefined ? undefined : refusalText(error)}
        spellCheck={false}
        autoCapitalize="none"
        data-autofocus
        onChange={(event) => setAlias(event.target.value)}
      />
    </FormDialog>
  )
}
