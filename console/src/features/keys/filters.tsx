/** The row of filters above the list. */
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { keyOrigins, keyUsages } from '../../../../src/domain/keys/key-specs.ts'
import { keyStates } from '../../../../src/domain/keys/key-state.ts'
import { aliasBytes } from '../../../../src/domain/rules.ts'
import { projectTags } from '../../api/kms.ts'
import { cameBack } from '../../app/history.ts'
import { Icon } from '../../parts/page/icon.tsx'
import { type ListState, looksSecret } from './search-state.ts'
import { type TypedText, useTypedText } from './use-typed-text.ts'

type Props = {
  readonly state: ListState
  readonly change: (change: Partial<ListState>) => void
  readonly specs: readonly string[]
  readonly columnsMenu: ReactNode
}

export function Filters({ state, change, specs, columnsMenu }: Props) {
  const { t } = useTranslation()
  const typed = useTypedText(state.text, (text) => change({ text }))
  return (
    <search className="filters">
      <div className="filters-top">
        <SearchField typed={typed} />
        <span className="grow">{columnsMenu}</span>
      </div>
      <Choice
        label={t('words.status')}
        value={state.state}
        values={keyStates.map((one) => [one, t(`status.${one}`)])}
        onChange={(chosen) => change({ state: chosen })}
      />
      <Choice
        label={t('words.source')}
        value={state.origin}
        values={keyOrigins.map((one) => [one, t(`origin.${one}`)])}
        onChange={(origin) => change({ origin })}
      />
      <Choice
        label={t('words.spec')}
        value={state.spec}
        values={specs.map((one) => [one, one])}
        onChange={(spec) => change({ spec })}
      />
      <Choice
        label={t('words.usage')}
        value={state.usage}
        values={keyUsages.map((one) => [one, t(`usage.${one}`)])}
        onChange={(usage) => change({ usage })}
      />
      <TagChoice state={state} change={change} />
      {looksSecret(typed.text) && (
        <p className="hint" role="status">
          {t('keys.looksSecret')}
        </p>
      )}
    </search>
  )
}

/** It has the focus when the list is opened, except on the way back. */
function SearchField({ typed: { text, type } }: { readonly typed: TypedText }) {
  const { t } = useTranslation()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (!cameBack()) input.current?.focus({ preventScroll: true })
  }, [])
  return (
    <span className="search-field">
      <Icon name="search" />
      <input
        ref={input}
        className="input"
        type="search"
        aria-label={t('keys.search')}
        placeholder={t('keys.search')}
        value={text}
        maxLength={aliasBytes}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => type(event.target.value)}
      />
    </span>
  )
}

/** A tag of those that keys of the project have, and one of its values. */
function TagChoice({ state: { tag, value }, change }: Pick<Props, 'state' | 'change'>) {
  const { t } = useTranslation()
  const found = useQuery({ queryKey: ['tags'], queryFn: projectTags })
  const known = new Map(
    found.data?.map(({ key, values }) => [key, values.filter((one) => one !== '')]),
  )
  // What the address names is shown, though no key has it.
  if (tag !== '' && !known.has(tag)) known.set(tag, [])
  if (known.size === 0) return null
  const values = [...new Set([...(known.get(tag) ?? []), value])].filter((one) => one !== '')
  return (
    <>
      <Choice
        label={t('words.tag')}
        value={tag}
        values={[...known.keys()].map((one) => [one, one])}
        onChange={(chosen) => change({ tag: chosen, value: '' })}
      />
      {tag !== '' && values.length > 0 && (
        <Choice
          label={t('words.tagValue')}
          value={value}
          values={values.map((one) => [one, one])}
          onChange={(chosen) => change({ value: chosen })}
        />
      )}
    </>
  )
}

type ChoiceProps = {
  readonly label: string
  readonly value: string
  readonly values: readonly (readonly [value: string, name: string])[]
  readonly onChange: (value: string) => void
}

function Choice({ label, value, values, onChange }: ChoiceProps) {
  const { t } = useTranslation()
  return (
    <select
      className={`input filter${value === '' ? '' : ' chosen'}`}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{t('keys.any', { label })}</option>
      {values.map(([one, name]) => (
        <option key={one} value={one}>
          {name}
        </option>
      ))}
    </select>
  )
}
