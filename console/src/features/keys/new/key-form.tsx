/** What a key is for, and its names: shared by "create" and by the first step of an import. */
import { useTranslation } from 'react-i18next'
import { isAsymmetric, type KeyUsage, keySpecs } from '../../../../../src/domain/keys/key-specs.ts'
import { aliasBytes } from '../../../../../src/domain/rules.ts'
import type { NewKey } from '../../../api/kms.ts'
import { isRefusal } from '../../../api/refusal.ts'
import { AreaField, RadioCards, SelectField, TextField } from '../../../parts/controls/field.tsx'
import type { PairRow } from '../../../parts/controls/pair-rows.tsx'
import { enumeration } from '../../../parts/data/format.ts'
import { Panel } from '../../../parts/page/panel.tsx'
import { TagRows } from './tag-rows.tsx'

/** What people do with keys; each has its specs, by the domain's table. */
export const kinds = ['encrypt', 'sign', 'encrypt-public', 'mac', 'agree'] as const
export type Kind = (typeof kinds)[number]

const usageOfKind: Readonly<Record<Kind, KeyUsage>> = {
  encrypt: 'ENCRYPT_DECRYPT',
  sign: 'SIGN_VERIFY',
  'encrypt-public': 'ENCRYPT_DECRYPT',
  mac: 'GENERATE_VERIFY_MAC',
  agree: 'KEY_AGREEMENT',
}

export type KeyFormState = {
  readonly kind: Kind
  readonly spec: string
  readonly alias: string
  readonly description: string
  readonly tags: readonly PairRow[]
}

export function specsOfKind(kind: Kind): readonly string[] {
  return Object.values(keySpecs)
    .filter((spec) => {
      if (!spec.usages.includes(usageOfKind[kind])) return false
      if (kind === 'encrypt') return spec.kind === 'symmetric'
      return kind === 'encrypt-public' ? isAsymmetric(spec) : true
    })
    .map(({ name }) => name)
}

export function newKeyForm(): KeyFormState {
  return {
    kind: 'encrypt',
    spec: specsOfKind('encrypt')[0] ?? '',
    alias: '',
    description: '',
    tags: [],
  }
}

export function usageOfForm({ kind }: KeyFormState): KeyUsage {
  return usageOfKind[kind]
}

export function newKeyOf(form: KeyFormState, origin: NewKey['origin']): NewKey {
  return {
    key_alias: form.alias,
    key_description: form.description,
    key_spec: form.spec,
    key_usage: usageOfForm(form),
    origin,
  }
}

export type FormField = 'alias' | 'description' | 'tags' | 'all'

/** Field of the form that a refusal is about. */
export function fieldOf(refusal: unknown): FormField {
  if (isRefusal(refusal, 'alias-invalid', 'alias-taken')) return 'alias'
  return isRefusal(refusal, 'description-invalid') ? 'description' : 'all'
}

type Props = {
  readonly form: KeyFormState
  readonly onChange: (form: KeyFormState) => void
  readonly errors: Readonly<Partial<Record<FormField, string | undefined>>>
  /** Whether the page already shows the question above. */
  readonly hideQuestion?: boolean
}

export function KeyForm({ form, onChange, errors, hideQuestion = false }: Props) {
  return (
    <>
      <KindCards form={form} onChange={onChange} hideQuestion={hideQuestion} />
      <Panel padded>
        <KeyFields form={form} onChange={onChange} errors={errors} />
      </Panel>
    </>
  )
}

function KindCards({ form, onChange, hideQuestion }: Omit<Required<Props>, 'errors'>) {
  const { t } = useTranslation()
  return (
    <RadioCards
      label={t('newKey.what')}
      hideLabel={hideQuestion}
      name="kind"
      value={form.kind}
      onChange={(kind) => onChange(withKind(form, kind))}
      options={kinds.map((kind) => ({
        value: kind,
        title: t(`newKey.kind.${kind}`),
        text: enumeration(specsOfKind(kind)),
      }))}
    />
  )
}

/** The form for a key of another kind: its spec stays where that kind has it. */
function withKind(form: KeyFormState, kind: Kind): KeyFormState {
  const specs = specsOfKind(kind)
  return { ...form, kind, spec: specs.includes(form.spec) ? form.spec : (specs[0] ?? '') }
}

function KeyFields({ form, onChange, errors }: Omit<Props, 'hideQuestion'>) {
  const { t } = useTranslation()
  return (
    <div className="stack">
      <SelectField
        label={t('words.spec')}
        value={form.spec}
        onChange={(event) => onChange({ ...form, spec: event.target.value })}
      >
        {specsOfKind(form.kind).map((spec) => (
          <option key={spec} value={spec}>
            {spec}
          </option>
        ))}
      </SelectField>
      <TextField
        label={t('words.alias')}
        name="alias"
        value={form.alias}
        hint={t('newKey.aliasHint')}
        error={errors.alias}
        maxLength={aliasBytes}
        spellCheck={false}
        autoCapitalize="none"
        onChange={(event) => onChange({ ...form, alias: event.target.value })}
      />
      <AreaField
        label={t('newKey.descriptionLabel')}
        name="description"
        value={form.description}
        error={errors.description}
        rows={2}
        onChange={(event) => onChange({ ...form, description: event.target.value })}
      />
      <TagRows
        rows={form.tags}
        onChange={(tags) => onChange({ ...form, tags })}
        error={errors.tags}
      />
    </div>
  )
}
