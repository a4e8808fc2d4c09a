/**
 * A ciphertext names its key in the clear: where that is another one than the key that was chosen,
 * it is offered.
 */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { describeKey } from '../../api/admin.ts'
import { Button } from '../../parts/controls/button.tsx'
import { Banner } from '../../parts/page/banner.tsx'
import { nameOf } from '../key/key-name.ts'
import { decodeText, readEnvelope } from './envelope.ts'

type Props = {
  readonly text: string
  readonly chosenId: string
  readonly onUse: (keyId: string) => void
}

export function OwnerOf({ text, chosenId, onUse }: Props) {
  const { t } = useTranslation()
  const bytes = decodeText(text)
  const keyId = bytes && readEnvelope(bytes)?.keyId
  const isOther = keyId !== undefined && keyId !== chosenId
  const found = useQuery({
    queryKey: ['key', keyId],
    queryFn: () => describeKey(keyId ?? ''),
    enabled: isOther,
    refetchInterval: false,
    retry: false,
  })
  const owner = isOther ? found.data : undefined
  return (
    <div role="status">
      {owner !== undefined && (
        <Banner
          tone="info"
          action={
            <Button small onClick={() => onUse(owner.id)}>
              {t('try.useIt')}
            </Button>
          }
        >
          <p>{t('try.belongsTo', { name: nameOf(owner) })}</p>
        </Banner>
      )}
      {isOther && found.isError && (
        <Banner tone="warning">
          <p>{t('try.belongsElsewhere', { id: keyId })}</p>
        </Banner>
      )}
    </div>
  )
}
