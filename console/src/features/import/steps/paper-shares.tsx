/** Shares on paper: one page each, never all in sight together; proved by typing enough of them. */
import { createPortal } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { shareLimits } from '../../../../../src/custody/shares.ts'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts, ShareText } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { SelectField } from '../../../parts/controls/field.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import type { Choices } from '../choices.ts'
import { SharesForm } from '../ways/shares-form.tsx'
import type { Material } from '../ways/use-material.ts'
import { ProofResult } from './proof-result.tsx'
import { SharePage } from './share-page.tsx'
import { type Shares, useShares } from './use-shares.ts'

type Props = {
  readonly item: KeyCard
  readonly facts: Facts
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly material: Material
  readonly isProved: boolean
  readonly onProved: (isProved: boolean) => void
}

export function PaperShares(props: Props) {
  const { item, facts, choices, isProved } = props
  const { t } = useTranslation()
  const shares = useShares(props)
  const { isBusy, made, at, make } = shares
  const current = made[at]
  return (
    <Panel padded>
      <div className="stack">
        <ShareRule choices={choices} onChange={shares.changeRule} />
        <p>
          <Button
            kind={made.length === 0 ? 'primary' : 'plain'}
            busy={isBusy}
            onClick={() => void make()}
          >
            {made.length === 0 ? t('import.share.make') : t('import.share.remake')}
          </Button>
        </p>
        {current !== undefined && (
          <div className="share-view">
            <ShareView share={current} shares={shares} />
            {createPortal(<SharePage share={current} item={item} facts={facts} />, document.body)}
          </div>
        )}
        {made.length > 0 && (
          <ProveShares shares={shares} threshold={choices.threshold} isProved={isProved} />
        )}
      </div>
    </Panel>
  )
}

type RuleProps = {
  readonly choices: Choices
  readonly onChange: (change: Partial<Choices>) => void
}

function ShareRule({ choices: { shares, threshold }, onChange }: RuleProps) {
  const { t } = useTranslation()
  const { min, max } = shareLimits.shares
  const changeCount = (count: number): void =>
    onChange({ shares: count, threshold: Math.min(threshold, count) })
  return (
    <>
      <div className="line top">
        <SelectField
          label={t('import.share.count')}
          value={String(shares)}
          onChange={(event) => changeCount(Number(event.target.value))}
        >
          {range(min, max).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </SelectField>
        <SelectField
          label={t('words.threshold')}
          value={String(threshold)}
          onChange={(event) => onChange({ threshold: Number(event.target.value) })}
        >
          {range(shareLimits.threshold.min, shares).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </SelectField>
      </div>
      <p className="soft">{t('import.share.rule', { k: threshold, n: shares })}</p>
    </>
  )
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** One share on the screen, with the buttons that turn to the others. */
function ShareView({ share, shares }: { readonly share: ShareText; readonly shares: Shares }) {
  const { t } = useTranslation()
  const { made, at, isShown, goTo, toggle } = shares
  return (
    <>
      <p className="line">
        <b role="status">{t('import.share.number', { n: share.number, count: share.count })}</b>
        <Button small onClick={toggle}>
          {isShown ? t('import.hide') : t('import.show')}
        </Button>
        <Button small onClick={() => print()}>
          {t('import.share.print')}
        </Button>
        <span className="grow line">
          <Button
            small
            reason={at === 0 ? t('import.share.first') : undefined}
            quietReason
            onClick={() => goTo(at - 1)}
          >
            {t('import.share.previous')}
          </Button>
          <Button
            small
            reason={at === made.length - 1 ? t('import.share.last') : undefined}
            quietReason
            onClick={() => goTo(at + 1)}
          >
            {t('import.share.next')}
          </Button>
        </span>
      </p>
      {isShown && <p className="share-words mono">{share.words.join(' ')}</p>}
    </>
  )
}

type ProveProps = {
  readonly shares: Shares
  readonly threshold: number
  readonly isProved: boolean
}

function ProveShares({ shares: { isBusy, answer, prove }, threshold, isProved }: ProveProps) {
  const { t } = useTranslation()
  return (
    <fieldset className="prove">
      <legend>{t('import.backup.prove')}</legend>
      <p className="hint">{t('import.share.proveHint', { k: threshold })}</p>
      {!isProved && (
        <SharesForm
          action={t('import.share.prove')}
          isBusy={isBusy}
          count={threshold}
          onShares={(texts) => void prove(texts)}
        />
      )}
      <ProofResult answer={answer} />
    </fieldset>
  )
}
