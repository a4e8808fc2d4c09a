/**
 * What is held in the page: its size and check value. The bytes only behind a button, and not for
 * long.
 */
import type { TFunction } from 'i18next'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { MaterialGone } from '../../../material/client.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CheckValue, Fingerprint } from '../../../parts/data/check-value.tsx'
import { CodeBlock } from '../../../parts/data/code-block.tsx'
import { type Fact, Facts as FactList, Panel } from '../../../parts/page/panel.tsx'
import type { Material } from '../ways/use-material.ts'

const shownMs = 30_000

/** The DER of a private key has a length that says nothing: its size is its spec. */
function sizeText(t: TFunction, { spec, sizeBytes, fingerprint }: Facts): string {
  return fingerprint === null
    ? t('common.bytesBits', { bytes: sizeBytes, bits: sizeBytes * 8 })
    : spec
}

/** Size and check value of a secret, spec and fingerprint of a private key. */
export function materialFacts(t: TFunction, facts: Facts): readonly (Fact | false)[] {
  return [
    { name: t('import.read.size'), value: sizeText(t, facts) },
    facts.checkValue !== null && {
      name: t('words.checkValue'),
      value: <CheckValue hex={facts.checkValue} />,
    },
    facts.fingerprint !== null && {
      name: t('words.fingerprint'),
      value: <Fingerprint hex={facts.fingerprint} />,
    },
  ]
}

type Props = { readonly facts: Facts; readonly material: Material; readonly origin: string }

export function FactsPanel({ facts, material, origin }: Props) {
  const { t } = useTranslation()
  const [shown, setShown] = useState('')
  useEffect(() => {
    if (shown === '') return
    const timer = setTimeout(() => setShown(''), shownMs)
    return () => clearTimeout(timer)
  }, [shown])
  const toggle = async (): Promise<void> => {
    if (shown !== '') return setShown('')
    try {
      setShown((await material.client().ask('show', {})).text)
    } catch (error) {
      if (!(error instanceof MaterialGone)) throw error
    }
  }
  return (
    <Panel
      title={t('import.held')}
      actions={
        facts.sizeBytes > 0 && (
          <Button small aria-expanded={shown !== ''} onClick={() => void toggle()}>
            {shown === '' ? t('import.show') : t('import.hide')}
          </Button>
        )
      }
    >
      <div role="status">
        <FactList
          facts={[{ name: t('import.read.from'), value: origin }, ...materialFacts(t, facts)]}
        />
      </div>
      {shown !== '' && (
        <>
          <CodeBlock label={t('import.bytes')} text={shown} />
          <p className="panel-text small soft">{t('import.hidesItself')}</p>
        </>
      )}
    </Panel>
  )
}
