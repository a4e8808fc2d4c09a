/** What came of it: the state the server says, the check value, what to do next. */
import { useQueryClient } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
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
import { type Fact, Facts as FactList, Panel } from '../../../parts/page/panel.tsx'
import { nameOf } from '../../key/key-name.ts'
import type { Done } from '../wizard-state.ts'
import { Expires } from './expires.tsx'

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
  return (
    <div className="stack wide form-page">
      <Banner tone="ok" live="polite">
        <h2 ref={heading} tabIndex={-1} className="question">
          {done.kind === 'imported'
            ? importedText(t, item, renewed, checkValue)
            : t('message.backupMatches')}
        </h2>
      </Banner>
      <Panel>
        <FactList facts={[identityFact(t, checkValue, fingerprint), ...doneFacts(t, item, done)]} />
      </Panel>
      {item.succeeds !== null && done.kind === 'imported' && <MoveAlias item={item} />}
      {!wasElsewhere && (
        <p className="soft">
          {t('message.copiesOverwritten')} {t('import.wipe.cannot')}
        </p>
      )}
      <NextSteps item={item} done={done} />
    </div>
  )
}

function importedText(
  t: TFunction,
  item: KeyCard,
  renewed: boolean,
  checkValue: string | null,
): string {
  const alias = nameOf(item)
  if (renewed) return t('import.result.renewed', { alias })
  if (item.state === 'disabled') return t('import.result.disabled', { alias })
  return checkValue === null
    ? t('import.result.enabled', { alias })
    : t('message.imported', { alias, cv: groupedHex(checkValue) })
}

/** The check value, or the fingerprint of a private key: to be written down. */
function identityFact(
  t: TFunction,
  checkValue: string | null,
  fingerprint: string | null,
): Fact | false {
  const more = t('import.result.write')
  if (checkValue !== null)
    return { name: t('words.checkValue'), value: <CheckValue hex={checkValue} />, more }
  if (fingerprint === null) return false
  return { name: t('words.fingerprint'), value: <Fingerprint hex={fingerprint} />, more }
}

/** What was set, and what was proved. */
function doneFacts(t: TFunction, item: KeyCard, done: Done): readonly (Fact | false)[] {
  const lastDrill = t('words.lastDrill')
  if (done.kind === 'drilled') return [{ name: lastDrill, value: <FullTime at={done.at} /> }]
  return [
    {
      name: t('words.expires'),
      value: item.permanent ? (
        t('message.noExpiryForPermanent', { spec: item.spec })
      ) : (
        <Expires at={done.expiresAt} />
      ),
    },
    done.drilledAt !== undefined && {
      name: lastDrill,
      value: <FullTime at={done.drilledAt} />,
      more: t('import.result.drilled'),
    },
  ]
}

/** What to do next. */
function NextSteps({ item, done }: { readonly item: KeyCard; readonly done: Done }) {
  const { t } = useTranslation()
  const isImported = done.kind === 'imported'
  return (
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
