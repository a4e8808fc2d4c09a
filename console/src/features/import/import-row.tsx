/** An unfinished import in the table of them: to be continued here, or discarded. */
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { discardImport, type Key, type UnfinishedImport } from '../../api/admin.ts'
import { useRefusalText } from '../../api/refusal.ts'
import { notify } from '../../app/notices.ts'
import { useMay } from '../../app/session.ts'
import { Button, ButtonLink } from '../../parts/controls/button.tsx'
import { RowError } from '../../parts/controls/submit-error.tsx'
import { ShortTime } from '../../parts/data/time.tsx'
import { nameOf } from '../key/key-name.ts'

/** Why the import of a key was not discarded. */
export type DiscardFailure = { readonly keyId: string; readonly error: unknown }

type FactsProps = {
  readonly unfinished: UnfinishedImport
  /** The name of a person by ID. */
  readonly names: (id: string | null) => string
}

type Props = FactsProps & {
  /** Of the button that was pressed last, in any of the rows. */
  readonly failure: DiscardFailure | undefined
  readonly onFailure: (failure: DiscardFailure | undefined) => void
}

/** With the message of its own failure below it. */
export function ImportRow({ unfinished, names, failure, onFailure }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const mayImport = useMay('import')
  const { key } = unfinished
  const discard = async (): Promise<void> => {
    onFailure(undefined)
    try {
      await discardImport(key.id)
      notify('info', t('imports.discarded'))
      await client.invalidateQueries()
    } catch (error) {
      onFailure({ keyId: key.id, error })
    }
  }
  return (
    <>
      <tr>
        <ImportFacts unfinished={unfinished} names={names} />
        <td>{mayImport && <ImportButtons item={key} onDiscard={() => void discard()} />}</td>
      </tr>
      {failure?.keyId === key.id && (
        <RowError columns={6} cause={failure} text={refusalText(failure.error)} />
      )}
    </>
  )
}

function ImportFacts({ unfinished, names }: FactsProps) {
  const { t } = useTranslation()
  const { key, step, by, token_until, updated_at } = unfinished
  return (
    <>
      <th scope="row">
        <Link href={`/keys/${key.id}`} className="break">
          {nameOf(key)}
        </Link>
      </th>
      <td className="mono" data-label={t('words.spec')}>
        {key.spec}
      </td>
      <td data-label={t('imports.step')}>
        {step === null ? '—' : t(`import.step.${step}`)}
        {updated_at !== null && (
          <span className="under muted">
            <ShortTime at={updated_at} />
          </span>
        )}
      </td>
      <td data-label={t('imports.token')}>
        {token_until === null ? '—' : <ShortTime at={token_until} />}
      </td>
      <td data-label={t('imports.by')}>{by === null ? '—' : names(by)}</td>
    </>
  )
}

type ButtonsProps = { readonly item: Key; readonly onDiscard: () => void }

function ImportButtons({ item, onDiscard }: ButtonsProps) {
  const { t } = useTranslation()
  return (
    <span className="line end">
      <ButtonLink
        href={`/keys/${item.id}/import`}
        small
        kind="primary"
        label={t('common.labelled', { label: t('actions.continue'), text: nameOf(item) })}
      >
        {t('actions.continue')}
      </ButtonLink>
      <Button
        small
        aria-label={t('common.labelled', { label: t('imports.discard'), text: nameOf(item) })}
        onClick={onDiscard}
      >
        {t('imports.discard')}
      </Button>
    </span>
  )
}
