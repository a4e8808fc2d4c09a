/** One key out of those that can stand in for another, found by search. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { mayStandIn } from '../../../../../src/domain/keys/aliases.ts'
import { aliasBytes } from '../../../../../src/domain/rules.ts'
import { type KeyCard, type KeySearch, searchKeys } from '../../../api/admin.ts'
import { TextField } from '../../../parts/controls/field.tsx'
import { shortId } from '../../../parts/data/format.ts'
import { Status } from '../../../parts/data/status.tsx'
import { Loaded } from '../../../parts/page/states.tsx'
import { looksSecret } from '../../keys/search-state.ts'
import { nameOf } from '../key-name.ts'
import { specNames } from '../kinds.ts'

const shown = 8

type Props = {
  readonly standingFor: KeyCard
  readonly chosen: KeyCard | undefined
  readonly onChoose: (key: KeyCard) => void
}

export function KeyChooser({ standingFor, chosen, onChoose }: Props) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const search = searchFor(standingFor, text)
  const found = useQuery({
    queryKey: ['keys', search],
    queryFn: ({ signal }) => searchKeys(search, signal),
    placeholderData: keepPreviousData,
  })
  return (
    <div className="stack">
      <TextField
        label={t('aliases.find')}
        type="search"
        value={text}
        hint={looksSecret(text) ? t('keys.looksSecret') : t('aliases.findHint')}
        maxLength={aliasBytes}
        spellCheck={false}
        data-autofocus
        onChange={(event) => setText(event.target.value)}
        // It searches as it is typed: Enter must not send the form that it is in.
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
      />
      <Loaded of={found} rows={3}>
        {({ keys }) => (
          <Choices
            keys={keys.filter(({ id }) => id !== standingFor.id).slice(0, shown)}
            chosen={chosen}
            onChoose={onChoose}
          />
        )}
      </Loaded>
    </div>
  )
}

/** The search for keys that can stand in for one, by what was typed. */
function searchFor(standingFor: KeyCard, text: string): KeySearch {
  const { usage } = standingFor
  return {
    text: looksSecret(text) ? '' : text,
    usage,
    spec: specNames.filter((spec) => mayStandIn(standingFor, { spec, usage })).join(','),
    state: 'enabled,disabled,pending-import',
    sort: 'alias',
    // The key itself may be among them.
    limit: shown + 1,
  }
}

type ChoicesProps = Omit<Props, 'standingFor'> & { readonly keys: readonly KeyCard[] }

function Choices({ keys, chosen, onChoose }: ChoicesProps) {
  const { t } = useTranslation()
  if (keys.length === 0) return <p className="soft">{t('aliases.noneFits')}</p>
  return (
    <fieldset>
      <legend className="sr-only">{t('aliases.target')}</legend>
      {keys.map((key) => (
        <label key={key.id} className="key-choice">
          <input
            type="radio"
            name="target"
            checked={key.id === chosen?.id}
            onChange={() => onChoose(key)}
          />
          <span className="break">{nameOf(key)}</span>
          <span className="mono muted">{shortId(key.id)}</span>
          <Status state={key.state} />
        </label>
      ))}
    </fieldset>
  )
}
