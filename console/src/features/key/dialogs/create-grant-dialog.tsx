/** A new grant: who it is for, what it allows, who may retire it. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  checkTerms,
  type GranteeType,
  type GrantOperation,
  type GrantTerms,
  grantNameLength,
  principalLength,
} from '../../../../../src/domain/access/grants.ts'
import { KmsError } from '../../../../../src/domain/errors.ts'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { Objection, useRefusalText } from '../../../api/refusal.ts'
import { useSession } from '../../../app/session.ts'
import { CheckField, RadioCards, TextField } from '../../../parts/controls/field.tsx'
import { FormDialog } from '../../../parts/controls/form-dialog.tsx'
import { Icon } from '../../../parts/page/icon.tsx'
import { nameOf } from '../key-name.ts'
import { operationsOf } from './grant-operations.ts'
import { FailureList } from './key-list.tsx'
import { PersonField } from './person-field.tsx'
import { useEach } from './run-each.ts'

type Field = 'name' | 'grantee' | 'operations' | 'retiring'
type Wrong = { readonly field: Field; readonly objection: Objection }

/** What the domain has against the terms, and which field it is about. */
function wrongOf(terms: GrantTerms): Wrong | undefined {
  const objectionTo = (some: GrantTerms): Objection | undefined => {
    try {
      checkTerms(some)
    } catch (error) {
      if (error instanceof KmsError) return new Objection(`errors.${error.code}`)
      throw error
    }
    return undefined
  }
  const plain = { ...terms, name: null, retiring: null }
  const objection = objectionTo(plain)
  if (objection?.key === 'errors.grantee-invalid') return { field: 'grantee', objection }
  if (objection !== undefined) return { field: 'operations', objection }
  const ofRetiring = objectionTo({ ...plain, retiring: terms.retiring })
  if (ofRetiring !== undefined) return { field: 'retiring', objection: ofRetiring }
  return objectionTo(terms) && { field: 'name', objection: new Objection('grants.nameForm') }
}

type Props = { readonly item: KeyCard; readonly onClose: () => void; readonly onDone: () => void }

export function CreateGrantDialog({ item, onClose, onDone }: Props) {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  const { project } = useSession()
  const each = useEach(onDone)
  const [name, setName] = useState('')
  const [type, setType] = useState<GranteeType>('user')
  const [grantee, setGrantee] = useState('')
  const [operations, setOperations] = useState<readonly GrantOperation[]>([])
  const [retiring, setRetiring] = useState('')
  const [wrong, setWrong] = useState<Wrong>()
  const errorOf = (field: Field): string | undefined =>
    wrong?.field === field ? refusalText(wrong.objection) : undefined
  const create = async (): Promise<void> => {
    const terms = {
      grantee,
      granteeType: type,
      operations,
      name: name === '' ? null : name,
      retiring: retiring === '' ? null : retiring,
    }
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
      <RadioCards
        label={t('grants.for')}
        name="grantee-type"
        value={type}
        onChange={(chosen) => {
          setType(chosen)
          setGrantee(chosen === 'domain' ? project.domain_id : '')
        }}
        options={[
          { value: 'user', title: t('grants.user') },
          { value: 'domain', title: t('grants.domain'), text: t('grants.domainText') },
        ]}
      />
      {type === 'user' ? (
        <PersonField
          label={t('words.grantee')}
          value={grantee}
          onChange={setGrantee}
          error={errorOf('grantee')}
          nobody={t('grants.chooseUser')}
        />
      ) : (
        <TextField
          label={t('grants.domainId')}
          value={grantee}
          error={errorOf('grantee')}
          maxLength={principalLength}
          spellCheck={false}
          onChange={(event) => setGrantee(event.target.value.trim())}
        />
      )}
      <Operations
        item={item}
        chosen={operations}
        onChange={setOperations}
        error={errorOf('operations')}
      />
      <PersonField
        label={t('grants.retiringLabel')}
        value={retiring}
        onChange={setRetiring}
        error={errorOf('retiring')}
        nobody={t('grants.nobody')}
      />
      <TextField
        label={t('grants.nameLabel')}
        value={name}
        hint={t('newKey.aliasHint')}
        error={errorOf('name')}
        maxLength={grantNameLength}
        spellCheck={false}
        onChange={(event) => setName(event.target.value)}
      />
    </FormDialog>
  )
}

type OperationsProps = {
  readonly item: KeyCard
  readonly chosen: readonly GrantOperation[]
  readonly onChange: (chosen: readonly GrantOperation[]) => void
  readonly error: string | undefined
}

function Operations({ item, chosen, onChange, error }: OperationsProps) {
  const { t } = useTranslation()
  return (
    <fieldset
      className="operations"
      {...(error !== undefined && { 'aria-describedby': 'operations-error' })}
    >
      <legend>{t('grants.operations')}</legend>
      <p className="hint">{t('grants.operationsHint')}</p>
      <div className="operation-checks">
        {operationsOf(item).map((one) => (
          <CheckField
            key={one}
            label={t(`grants.operation.${one}`)}
            checked={chosen.includes(one)}
            onChange={({ target }) =>
              onChange(target.checked ? [...chosen, one] : chosen.filter((other) => other !== one))
            }
          />
        ))}
      </div>
      {error !== undefined && (
        <p id="operations-error" className="field-error" role="alert">
          <Icon name="cross" />
          {error}
        </p>
      )}
    </fieldset>
  )
}
