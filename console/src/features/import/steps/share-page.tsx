/** What is printed: one share, and what it belongs to. Nobody sees it on the screen. */
import { useTranslation } from 'react-i18next'
import { encode } from 'uqr'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts, ShareText } from '../../../material/protocol.ts'
import { groupedHex } from '../../../parts/data/format.ts'
import { nameOf } from '../../key/key-name.ts'

type Props = {
  readonly share: ShareText
  readonly item: KeyCard
  readonly facts: Facts
}

export function SharePage({ share, item, facts }: Props) {
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
