/** Material that the worker makes for the key. */
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import type { Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { isPair, specOf } from '../../key/kinds.ts'
import { FactsPanel } from '../steps/facts-panel.tsx'
import { targetOf } from './target.ts'
import { type Material, useMaterialWork } from './use-material.ts'

/** How long the material of a spec is, in bytes; 0 for a key pair. */
export function secretBytes(specName: string): number {
  const spec = specOf(specName)
  return spec !== undefined && 'materialBytes' in spec ? spec.materialBytes : 0
}

export type Making = { readonly isMaking: boolean; readonly make: () => Promise<void> }

/** Called by the step: making may outlast this way, when another one is chosen. */
export function useMaking(
  item: KeyCard,
  material: Material,
  onFacts: (facts: Facts) => void,
): Making {
  const { isBusy: isMaking, run } = useMaterialWork()
  const make = (): Promise<void> =>
    run(async () => onFacts(await material.client().ask('make', { target: targetOf(item) })))
  return { isMaking, make }
}

type Props = {
  readonly item: KeyCard
  readonly material: Material
  readonly facts: Facts | undefined
  readonly making: Making
}

export function MadeHereWay({ item, material, facts, making: { isMaking, make } }: Props) {
  const { t } = useTranslation()
  return (
    <div className="stack">
      {facts === undefined ? (
        <p>
          <Button kind="primary" busy={isMaking} onClick={() => void make()}>
            {isPair(item.spec)
              ? t('import.makePair', { spec: item.spec })
              : t('import.make', { count: secretBytes(item.spec) })}
          </Button>
        </p>
      ) : (
        <FactsPanel facts={facts} material={material} origin={t('import.origin.made')} />
      )}
      {isMaking && (
        <p role="status" className="soft">
          {t('import.making')}
        </p>
      )}
    </div>
  )
}
