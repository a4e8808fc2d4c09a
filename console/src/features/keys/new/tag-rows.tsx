/** Tags of a key that is about to be made. */
import { useTranslation } from 'react-i18next'
import { KmsError } from '../../../../../src/domain/errors.ts'
import {
  checkTag,
  checkTagList,
  type Tag,
  tagsPerKey,
} from '../../../../../src/domain/keys/tags.ts'
import { Objection } from '../../../api/refusal.ts'
import { type PairRow, PairRows } from '../../../parts/controls/pair-rows.tsx'

/** The rows that are not empty. */
export function tagsOf(rows: readonly PairRow[]): readonly Tag[] {
  return rows
    .filter(({ name, value }) => name !== '' || value !== '')
    .map(({ name, value }) => ({ name, value }))
}

/** What the domain has against tags: said before anything is made. */
export function tagObjection(tags: readonly Tag[]): Objection | undefined {
  try {
    if (tags.length > 0) checkTagList(tags.map(({ name }) => name))
    tags.forEach(checkTag)
  } catch (error) {
    if (error instanceof KmsError) return new Objection(`errors.${error.code}`)
    throw error
  }
  return undefined
}

type Props = {
  readonly rows: readonly PairRow[]
  readonly onChange: (rows: readonly PairRow[]) => void
  readonly error: string | undefined
}

export function TagRows({ rows, onChange, error }: Props) {
  const { t } = useTranslation()
  return (
    <PairRows
      rows={rows}
      onChange={onChange}
      error={error}
      words={{
        legend: t('tags.optional'),
        hint: t('tags.hint', { most: tagsPerKey }),
        name: (n) => t('tags.keyOf', { n }),
        value: (n) => t('tags.valueOf', { n }),
        remove: (n) => t('tags.removeRow', { n }),
        add: t('tags.add'),
        nameHint: t('words.tagKey'),
        valueHint: t('words.tagValue'),
      }}
    />
  )
}
