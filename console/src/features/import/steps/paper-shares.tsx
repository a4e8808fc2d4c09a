/** Shares on paper: one page each, never all in sight together; proved by typing enough of them. */
import { useState } from 'react'
import { createPortal } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { encode } from 'uqr'
import { shareLimits } from '../../../../../src/custody/shares.ts'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts, ProveAnswer, ShareText } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { SelectField } from '../../../parts/controls/field.tsx'
import { groupedHex } from '../../../parts/data/format.ts'
import { Panel } from '../../../parts/page/panel.tsx'
import { nameOf } from '../../key/key-name.ts'
import type { Choices } from '../choices.ts'
import { SharesForm } from '../ways/shares-form.tsx'
import { type Material, useMaterialWork } from '../ways/use-material.ts'
import { ProofResult } from './proof-result.tsx'

type Props = {
  readonly item: KeyCard
  readonly facts: Facts
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly material: Material
  readonly isProved: boolean
  readonly onProved: (isProved: boolean) => void
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

export function PaperShares({ item, facts, choices, choose, material, isProved, onProved }: Props) {
  const { t } = useTranslation()
  const [shares, setShares] = useState<readonly ShareText[]>([])
  const [at, setAt] = useState(0)
  const [isShown, setShown] = useState(false)
  const { isBusy, run } = useMaterialWork()
  const [answer, setAnswer] = useState<ProveAnswer>()
  const { shares: count, threshold } = choices
  const { min, max } = shareLimits.shares
  const current = shares[at]
  const begin = (made: readonly ShareText[]): void => {
    setShares(made)
    setAnswer(undefined)
    onProved(false)
  }
  // Shares that were made are of another rule.
  const remake = (change: Partial<Choices>): void => {
    choose(change)
    begin([])
  }
  const make = async (): Promise<void> => {
    await run(async () => {
      const made = await material.client().ask('share', { count, threshold })
      begin(made.shares)
      setAt(0)
      setShown(false)
    })
  }
  const prove = async (texts: readonly string[]): Promise<void> => {
    await run(async () => {
      const found = await material.client().ask('proveShares', { texts })
      setAnswer(found)
      onProved(found.kind === 'matches')
    })
  }
  return (
    <Panel padded>
      <div className="stack">
        <div className="line top">
          <SelectField
            label={t('import.share.count')}
            value={String(count)}
            onChange={(event) =>
              remake({
                shares: Number(event.target.value),
                threshold: Math.min(threshold, Number(event.target.value)),
              })
            }
          >
            {range(min, max).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </SelectField>
          <SelectField
            label={t('words.threshold')}
            value={String(threshold)}
            onChange={(event) => remake({ threshold: Number(event.target.value) })}
          >
            {range(shareLimits.threshold.min, count).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </SelectField>
        </div>
        <p className="soft">{t('import.share.rule', { k: threshold, n: count })}</p>
        <p>
          <Button
            kind={shares.length === 0 ? 'primary' : 'plain'}
            busy={isBusy}
            onClick={() => void make()}
          >
            {shares.length === 0 ? t('import.share.make') : t('import.share.remake')}
          </Button>
        </p>
        {current !== undefined && (
          <div className="share-view">
            <p className="line">
              <b role="status">
                {t('import.share.number', { n: current.number, count: current.count })}
              </b>
              <Button small onClick={() => setShown(!isShown)}>
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
                  onClick={() => {
                    setAt(at - 1)
                    setShown(false)
                  }}
                >
                  {t('import.share.previous')}
                </Button>
                <Button
                  small
                  reason={at === shares.length - 1 ? t('import.share.last') : undefined}
                  quietReason
                  onClick={() => {
                    setAt(at + 1)
                    setShown(false)
                  }}
                >
                  {t('import.share.next')}
                </Button>
              </span>
            </p>
            {isShown && <p className="share-words mono">{current.words.join(' ')}</p>}
            {createPortal(<SharePage share={current} item={item} facts={facts} />, document.body)}
          </div>
        )}
        {shares.length > 0 && (
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
        )}
      </div>
    </Panel>
  )
}

/** What is printed: one share, and what it belongs to. Nobody sees it on the screen. */
function SharePage({
  share,
  item,
  facts,
}: {
  readonly share: ShareText
  readonly item: KeyCard
  readonly facts: Facts
}) {
  const { t } = useTranslation()
  const words = share.words.join(' ')
  return (
    <div className="share-page" aria-hidden="true">
      <h1>
        {t('import.share.title', {
          n: share.number,
          count: share.count,
          set: share.set,
          words: share.words.length,
        })}
      </h1>
      <dl>
        <dt>{t('words.alias')}</dt>
        <dd>{nameOf(item)}</dd>
        <dt>{t('words.keyId')}</dt>
        <dd className="mono">{item.id}</dd>
        <dt>{t('words.checkValue')}</dt>
        <dd className="mono">{groupedHex(facts.checkValue ?? '')}</dd>
        <dt>{t('words.threshold')}</dt>
        <dd>{t('import.share.rule', { k: share.threshold, n: share.count })}</dd>
      </dl>
      <ol className="share-page-words mono">
        {numbered(share.words).map(({ place, word }) => (
          <li key={place}>
            <span className="share-page-number">{place}</span> {word}
          </li>
        ))}
      </ol>
      <QrCode text={words} />
      <p>{t('import.share.keep')}</p>
    </div>
  )
}

/** Words repeat; their places do not. */
function numbered(
  words: readonly string[],
): readonly { readonly place: number; readonly word: string }[] {
  return words.map((word, i) => ({ place: i + 1, word }))
}

function QrCode({ text }: { readonly text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 })
  const squares = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
  )
  return (
    <svg
      className="qr"
      role="img"
      aria-label="QR"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join('')} fill="#000" />
    </svg>
  )
}
