/** A new grant: who it is for, what it allows, who may retire it. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { grantNameLength, principalLength } from '../../../../../src/domain/access/grants.ts'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { useRefusalText } from '../../../api/refusal.ts'
import { useSession } from '../../../app/session.ts'
import { RadioCards, TextField } from '../../../parts/controls/field.tsx'
import { FormDialog } from '../../../parts/controls/form-dialog.tsx'
import { nameOf } from '../key-name.ts'
import {
  emptyGrant,
  type GrantField,
  type GrantForm,
  termsOf,
  type WrongField,
  wrongOf,
} from './grant-form.ts'
import { FailureList } from './key-list.tsx'
import { OperationChecks } from './operation-checks.tsx'
import { PersonField } from './person-field.tsx'
import { useEach } from './run-each.ts'

type Props = { readonly item: KeyCard; readonly onClose: () => void; readonly onDone: () => void }

export function CreateGrantDialog({ item, onClose, onDone }: Props) {
  const { t } = useTranslation()
  const each = useEach(onDone)
  const [form, setForm] = useState(emptyGrant)
  const [wrong, setWrong] = useState<WrongField>()
  const create = async (): Promise<void> => {
    const terms = termsOf(form)
    const found = wrongOf(terms)
    setWrong(found)
    if (found !== undefined) return
    await each.run(
      [item],
      ({ id }) => kms.createGrant(id, terms),
      (key) => t('grants.created', { name: nameOf(key) }),
    )
  }
  return (
    <FormDialog
      wide
      title={t('grants.createTitle', { name: nameOf(item) })}
      lead={t('grants.createLead')}
      onClose={onClose}
      refusal={<FailureList failures={each.failures} cause={wrong} />}
      submit={t('grants.create')}
      busy={each.isBusy}
      onSubmit={() => void create()}
    >
      <GrantFields
        item={item}
        form={form}
        onChange={(changes) => setForm((before) => ({ ...before, ...changes }))}
        wrong={wrong}
      />
    </FormDialog>
  )
}

type OnChange = (changes: Partial<GrantForm>) => void

type FieldsProps = {
  readonly item: KeyCard
  readonly form: GrantForm
  readonly onChange: OnChange
  readonly wrong: WrongField | undefined
}

function GrantFields({ item, form, onChange, wrong }: FieldsProps) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const errorOf = (field: GrantField): string | undefined =>
    wrong?.field === field ? refusalText(wrong.objection) : undefined
  return (
    <>
      <GranteeFields form={form} onChange={onChange} error={errorOf('grantee')} />
      <OperationChecks
        item={item}
        chosen={form.operations}
        onChange={(operations) => onChange({ operations })}
        error={errorOf('operations')}
      />
      <PersonField
        label={t('grants.retiringLabel')}
        value={form.retiring}
        onChange={(retiring) => onChange({ retiring })}
        error={errorOf('retiring')}
        nobody={t('grants.nobody')}
      />
      <TextField
        label={t('grants.nameLabel')}
        value={form.name}
        hint={t('newKey.aliasHint')}
        error={errorOf('name')}
        maxLength={grantNameLength}
        spellCheck={false}
        onChange={(event) => onChange({ name: event.target.value })}
      />
    </>
  )
}

type GranteeProps = {
  readonly form: GrantForm
  readonly onChange: OnChange
  readonly error: string | undefined
}

/** Who it is for: one user, or everybody of a domain, at first the person's own. */
function GranteeFields({ form: { type, grantee }, onChange, error }: GranteeProps) {
  const { t } = useTranslation()
  const { project } = useSession()
  return (
    <>
      <RadioCards
        label={t('grants.for')}
        name="grantee-type"
        value={type}
        onChange={(chosen) =>
          onChange({ type: chosen, grantee: chosen === 'domain' ? project.domain_id : '' })
        }
        options={[
          { value: 'user', title: t('grants.user') },
          { value: 'domain', title: t('grants.domain'), text: t('grants.domainText') },
        ]}
      />
      {type === 'user' ? (
        <PersonField
          label={t('words.grantee')}
          value={grantee}
          onChange={(chosen) => onChange({ grantee: chosen })}
          error={error}
          nobody={t('grants.chooseUser')}
        />
      ) : (
        <TextField
          label={t('grants.domainId')}
          value={grantee}
          error={error}
          maxLength={principalLength}
          spellCheck={false}
          onChange={(event) => onChange({ grantee: event.target.value.trim() })}
        />
      )}
    </>
  )
}
