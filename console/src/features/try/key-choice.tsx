/**
 * Which key is tried: the one that the address names, or else the one that was tried last, among
 * those that a text finds.
 */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'wouter'
import { describeKey, type KeyCard, type KeyPage, searchKeys } from '../../api/admin.ts'
import { SelectField, TextField } from '../../parts/controls/field.tsx'
import { nameOf } from '../key/key-name.ts'

const listed = 100
let lastKey = ''

/** The keys to choose from, what finds them, and the one that is chosen. */
export type KeyChoice = {
  readonly text: string
  readonly setText: (text: string) => void
  readonly found: UseQueryResult<KeyPage>
  readonly keys: readonly KeyCard[]
  readonly chosen: KeyCard | undefined
  readonly choose: (id: string) => void
}

/** The choice of the page, as its address holds it. */
export function useKeyChoice(): KeyChoice {
  const [params, setParams] = useSearchParams()
  const [text, setText] = useState('')
  const found = useQuery({
    queryKey: ['keys', 'try', text],
    queryFn: () => searchKeys({ text, sort: '-used', limit: listed }),
    // The field that the text is typed into stays while the next keys are found.
    placeholderData: keepPreviousData,
  })
  const wanted = params.get('key') ?? lastKey
  const named = useQuery({
    queryKey: ['key', wanted],
    queryFn: () => describeKey(wanted),
    enabled: wanted !== '',
    refetchInterval: 15_000,
  })
  const keys = inOrder(found.data?.keys ?? [], named.data)
  // What the list says of it will do until its own answer is there: the form with what was typed
  // stays.
  const chosen =
    named.data ??
    keys.find(({ id, state }) => (wanted === '' ? state === 'enabled' : id === wanted))
  useEffect(() => {
    if (chosen !== undefined) lastKey = chosen.id
  }, [chosen])
  const asked = params.get('do')
  // The operation stays where the other key does it too.
  const choose = (key: string): void =>
    setParams({ key, ...(asked !== null && { do: asked }) }, { replace: true })
  return { text, setText, found, keys, chosen, choose }
}

/** Keys that can be used come first; the others are listed last, with the reason. */
function inOrder(keys: readonly KeyCard[], named: KeyCard | undefined): readonly KeyCard[] {
  const all =
    named === undefined || keys.some(({ id }) => id === named.id) ? keys : [named, ...keys]
  return all.toSorted((a, b) => Number(a.state !== 'enabled') - Number(b.state !== 'enabled'))
}

type Props = {
  readonly choice: KeyChoice
  /** The number of keys that were found; not all of them may be listed. */
  readonly total: number
}

/** The list of keys, next to the filter of the list where it is needed. */
export function KeyChoiceFields({ choice, total }: Props) {
  const { t } = useTranslation()
  const { text, setText, keys, chosen, choose } = choice
  return (
    <div className="line top">
      {total > keys.length || text !== '' ? (
        <TextField
          label={t('try.filter')}
          value={text}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
      ) : null}
      <SelectField
        label={t('words.key')}
        value={chosen?.id ?? ''}
        onChange={(event) => choose(event.target.value)}
      >
        {chosen === undefined && <option value="">{t('try.choose')}</option>}
        {keys.map((key) => (
          <option key={key.id} value={key.id}>
            {key.state === 'enabled'
              ? `${nameOf(key)} (${key.spec})`
              : `${nameOf(key)} (${key.spec}) – ${t('try.cannot', { status: t(`status.${key.state}`) })}`}
          </option>
        ))}
      </SelectField>
    </div>
  )
}
