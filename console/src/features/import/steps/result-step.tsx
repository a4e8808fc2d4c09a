/** What came of it: the state the server says, the check value, what to do next. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { type KeyCard, succeed } from '../../../api/admin.ts'
import { useRefusalText } from '../../../api/refusal.ts'
import { notify } from '../../../app/notices.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button, ButtonLink } from '../../../parts/controls/button.tsx'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { CheckValue, Fingerprint } from '../../../parts/data/check-value.tsx'
import { groupedHex } from '../../../parts/data/format.ts'
import { FullTime } from '../../../parts/data/time.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { Facts as FactList, Panel } from '../../../parts/page/panel.tsx'
import { nameOf } from '../../key/key-name.ts'
import type { Done } from '../wizard-state.ts'

type Props = {
  readonly item: KeyCard
  /** It held its material before: what was set is another expiry. */
  readonly renewed: boolean
  readonly done: Done
  readonly facts: Facts | undefined
  readonly wasElsewhere: boolean
}

export function ResultStep({ item, renewed, done, facts, wasElsewhere }: Props) {
  const { t } = useTranslation()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const checkValue = facts?.checkValue ?? item.check_value
  const fingerprint = facts?.fingerprint ?? item.fingerprint
  const isImported = done.kind === 'imported'
  const said = !isImported
    ? t('message.backupMatches')
    : renewed
      ? t('import.result.renewed', { alias: nameOf(item) })
      : item.state === 'disabled'
        ? t('import.result.disabled', { alias: nameOf(item) })
        : checkValue === null
          ? t('import.result.enabled', { alias: nameOf(item) })
          : t('message.imported', { alias: nameOf(item), cv: groupedHex(checkValue) })
  return (
    <div className="stack wide form-page">
      <Banner tone="ok" live="polite">
        <h2 ref={heading} tabIndex={-1} className="question">
          {said}
        </h2>
      </Banner>
      <Panel>
        <FactList
          facts={[
            checkValue !== null && {
              name: t('words.checkValue'),
              value: <CheckValue hex={checkValue} />,
              more: t('import.result.write'),
            },
            checkValue === null &&
              fingerprint !== null && {
                name: t('words.fingerprint'),
                value: <Fingerprint hex={fingerprint} />,
                more: t('import.result.write'),
              },
            isImported && {
              name: t('words.expires'),
              value: item.permanent ? (
                t('message.noExpiryForPermanent', { spec: item.spec })
              ) : done.expiresAt === null ? (
                t('expiry.never')
              ) : (
                <FullTime at={done.expiresAt} />
              ),
            },
            isImported &&
              done.drilledAt !== undefined && {
                name: t('words.lastDrill'),
                value: <FullTime at={done.drilledAt} />,
                more: t('import.result.drilled'),
              },
            !isImported && { name: t('words.lastDrill'), value: <FullTime at={done.at} /> },
          ]}
        />
      </Panel>
      {item.succeeds !== null && isImported && <MoveAlias item={item} />}
      {!wasElsewhere && (
        <p className="soft">
          {t('message.copiesOverwritten')} {t('import.wipe.cannot')}
        </p>
      )}
      <p className="line">
        <ButtonLink href={`/keys/${item.id}`} kind="primary">
          {t('import.result.open')}
        </ButtonLink>
        {isImported && <ButtonLink href={`/try?key=${item.id}`}>{t('actions.tryIt')}</ButtonLink>}
        {isImported && done.drilledAt === undefined && (
          <ButtonLink href={`/keys/${item.id}/drill`}>{t('evidence.runDrill')}</ButtonLink>
        )}
        <Link href={`/keys/${item.id}/activity`}>{t('import.result.record')}</Link>
      </p>
    </div>
  )
}

/**
 * A successor that has its material takes the alias over: in one step, for every client at once.
 */
function MoveAlias({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [isBusy, setBusy] = useState(false)
  const [moved, setMoved] = useState<string>()
  const [error, setError] = useState<unknown>()
  const move = async (): Promise<void> => {
    setBusy(true)
    setError(undefined)
    try {
      const { successor } = await succeed(item.id)
      setMoved(nameOf(successor))
      notify('ok', t('successor.moved', { alias: nameOf(successor) }))
      await client.invalidateQueries()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Panel title={t('successor.moveTitle')} padded>
      {moved !== undefined ? (
        <p role="status">{t('successor.moved', { alias: moved })}</p>
      ) : (
        <div className="stack">
          <p>{t('successor.moveText')}</p>
          <SubmitError cause={error} text={error === undefined ? undefined : refusalText(error)} />
          <p>
            <Button kind="primary" busy={isBusy} onClick={() => void move()}>
              {t('successor.move')}
            </Button>
          </p>
        </div>
      )}
    </Panel>
  )
}
