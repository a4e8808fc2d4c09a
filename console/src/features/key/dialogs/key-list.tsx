/** The keys that a dialog is about, each with its last use; and those of them that failed. */
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import { useRefusalText } from '../../../api/refusal.ts'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { Items } from '../../../parts/data/rows.tsx'
import { RelativeTime } from '../../../parts/data/time.tsx'
import { nameOf } from '../key-name.ts'
import type { Failure } from './run-each.ts'

export function KeyList({ keys }: { readonly keys: readonly KeyCard[] }) {
  const { t } = useTranslation()
  return (
    <ul className="key-list">
      <Items of={keys} name={(key) => key.id}>
        {(key) => (
          <li>
            <b className="break">{nameOf(key)}</b>
            <span className="soft small">
              {key.last_used_at === null ? (
                t('evidence.neverUsed')
              ) : (
                <>
                  {t('words.lastUsed')} <RelativeTime at={key.last_used_at} />
                </>
              )}
            </span>
          </li>
        )}
      </Items>
    </ul>
  )
}

type FailureProps = {
  readonly failures: readonly Failure[]
  /** What the page itself objects to in a field. */
  readonly cause?: unknown
  /** The field says it itself. */
  readonly isOfField?: boolean
}

/** Of a dialog: the keys for which it was not done, each with its reason. */
export function FailureList({ failures, cause, isOfField = false }: FailureProps) {
  const { t } = useTranslation()
  const text = useRefusalText()
  const failed = failures.length === 0 ? undefined : failures
  const lines = failures.map(({ key, error }) =>
    t('common.labelled', { label: nameOf(key), text: text(error) }),
  )
  return <SubmitError cause={cause ?? failed} text={isOfField ? undefined : lines} />
}
