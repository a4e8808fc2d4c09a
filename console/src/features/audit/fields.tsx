/**
 * What the audit page can be filtered by: its fields, which offer the names that there are, and
 * what is filtered by now.
 */
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../parts/controls/button.tsx'
import { TextField } from '../../parts/controls/field.tsx'
import { enumeration, fullTime, shortId } from '../../parts/data/format.ts'
import { localInput, localInstant } from '../../parts/data/local-time.ts'
import { useCallers } from '../people/names.ts'
import type { Filter, FilterField, Text } from './filters.ts'
import { useOperationName } from './operation-name.ts'
import type { AuditNames } from './use-names.ts'

type Props = {
  readonly withKey: boolean
  readonly names: AuditNames | undefined
  readonly text: Text
  readonly onChange: (field: FilterField, value: string) => void
}

/** The fields; that of the key only where records of many keys are shown. */
export function AuditFields({ withKey, names, text, onChange }: Props) {
  const { t } = useTranslation()
  const offered = useOffered(names)
  const fields = [
    ['operation', t('audit.operation')],
    ['outcome', t('audit.outcome')],
    ['caller', t('words.caller')],
  ] as const
  return (
    <>
      {fields.map(([field, label]) => (
        <NameField
          key={field}
          label={label}
          value={text(field)}
          offered={offered[field]}
          {...(field === 'caller' && { placeholder: t('audit.callerHint') })}
          onChange={(value) => onChange(field, value)}
        />
      ))}
      {withKey && (
        <TextField
          label={t('words.key')}
          value={text('key_id')}
          placeholder={t('audit.keyHint')}
          spellCheck={false}
          onChange={(e) => onChange('key_id', e.target.value)}
        />
      )}
      <TextField
        label={t('audit.from')}
        type="datetime-local"
        value={text('from')}
        max={localInput(Date.now())}
        onChange={(e) => onChange('from', e.target.value)}
      />
      <TextField
        label={t('audit.to')}
        type="datetime-local"
        value={text('to')}
        onChange={(e) => onChange('to', e.target.value)}
      />
    </>
  )
}

/** The names that each field offers, in the language of the page. */
function useOffered(names: AuditNames | undefined) {
  const { t } = useTranslation()
  const operation = useOperationName()
  return {
    operation: names?.operations.map((one) => operation(one.id)) ?? [],
    outcome: [t('audit.ok'), t('audit.refused')],
    caller:
      names?.callers.flatMap(({ id: caller, names: [name = ''] }) =>
        caller === 'unknown' ? t('audit.unknownCaller') : name,
      ) ?? [],
  }
}

type NameFieldProps = {
  readonly label: string
  readonly value: string
  readonly offered: readonly string[]
  readonly placeholder?: string
  readonly onChange: (value: string) => void
}

/** A field that offers the names that there are; any other text may be typed as well. */
function NameField({ offered, onChange, ...rest }: NameFieldProps) {
  const listId = useId()
  return (
    <span className="contents">
      <TextField
        {...rest}
        list={listId}
        spellCheck={false}
        onChange={(e) => onChange(e.target.value)}
      />
      <datalist id={listId}>
        {[...new Set(offered)]
          .filter((name) => name !== '')
          .map((name) => (
            <option key={name} value={name} />
          ))}
      </datalist>
    </span>
  )
}

/** What is filtered by, each with a button that removes it. */
export function Chips({
  filters,
  onRemove,
}: {
  readonly filters: readonly Filter[]
  readonly onRemove: (field: FilterField) => void
}) {
  const { t } = useTranslation()
  const operation = useOperationName()
  const caller = useCallers()
  if (filters.length === 0) return null
  const labels: Readonly<Record<FilterField, string>> = {
    operation: t('audit.operation'),
    outcome: t('audit.outcome'),
    caller: t('words.caller'),
    key_id: t('words.key'),
    from: t('audit.from'),
    to: t('audit.to'),
    reads: t('audit.hideReads'),
  }
  const shown = ({ field, text }: Filter): string => {
    if (field === 'operation') return enumeration(text.split(',').map(operation))
    if (field === 'outcome')
      return text === 'ok' ? t('audit.ok') : text === 'refused' ? t('audit.refused') : text
    if (field === 'caller')
      return text === 'unknown' ? t('audit.unknownCaller') : caller({ caller: text, dialect: '' })
    if (field === 'key_id') return shortId(text)
    const at = localInstant(text)
    return at === undefined ? text : fullTime(at)
  }
  return (
    <ul className="chips" aria-label={t('audit.filters')}>
      {filters.map((filter) => {
        const isReads = filter.field === 'reads'
        const chip = isReads
          ? labels.reads
          : t('audit.chip', { name: labels[filter.field], value: shown(filter) })
        return (
          <li key={filter.field}>
            <Button
              small
              icon="close"
              {...(!isReads && { 'aria-label': t('audit.clear', { chip }) })}
              onClick={() => onRemove(filter.field)}
            >
              {chip}
            </Button>
          </li>
        )
      })}
    </ul>
  )
}
