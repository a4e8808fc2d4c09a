/** Why wrapped material that was sent did nothing, in words. */
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { findByFingerprint, type KeyCard } from '../../../api/admin.ts'
import { NoConnection } from '../../../api/call.ts'
import { isRefusal, useRefusalText } from '../../../api/refusal.ts'
import { MaterialGone } from '../../../material/client.ts'
import { groupedHex } from '../../../parts/data/format.ts'
import { nameOf } from '../../key/key-name.ts'

export type SendFailure = {
  readonly text: string
  /** What may have caused it is listed with it. */
  readonly causes: boolean
  readonly tokenOver: 'ended' | 'used' | undefined
  /** No answer came: what is unchanged is not known either. */
  readonly isUnsure: boolean
}

/** @returns what explains a failure to import material, or to drill it, for a key. */
export function useSendFailure(): (
  error: unknown,
  item: KeyCard,
  fingerprint: string | null,
) => Promise<SendFailure> {
  const { t } = useTranslation()
  const refusalText = useRefusalText()
  return async (error, item, fingerprint) => {
    if (error instanceof NoConnection) return { ...plain(refusalText(error)), isUnsure: true }
    if (error instanceof MaterialGone) return plain(t('import.materialLost'))
    if (isRefusal(error, 'material-mismatch') && item.check_value !== null)
      return plain(t('message.otherMaterial', { cv: groupedHex(item.check_value) }))
    if (isRefusal(error, 'drill-mismatch'))
      return plain(t('import.drillMismatch', { alias: nameOf(item) }))
    if (isRefusal(error, 'material-unwrap-failed'))
      return { ...plain(t('message.notUnwrapped')), causes: true }
    if (isRefusal(error, 'import-token-expired'))
      return { ...plain(t('errors.import-token-expired')), tokenOver: 'ended' }
    if (isRefusal(error, 'import-token-invalid', 'import-token-of-other-key'))
      return { ...plain(t('message.tokenInvalid')), tokenOver: 'used' }
    if (isRefusal(error, 'expiry-in-past')) return plain(t('message.timePassed'))
    if (isRefusal(error, 'private-key-held')) return plain(await heldBy(t, fingerprint))
    return plain(refusalText(error))
  }
}

function plain(text: string): SendFailure {
  return { text, causes: false, tokenOver: undefined, isUnsure: false }
}

/** Who holds it already, for those who may see that key. */
async function heldBy(t: TFunction, fingerprint: string | null): Promise<string> {
  try {
    const other = fingerprint === null ? undefined : await findByFingerprint(fingerprint)
    if (other !== undefined) return t('message.privateKeyHeldBy', { alias: nameOf(other) })
  } catch {
    // Not to be seen by this person.
  }
  return t('message.privateKeyHeld')
}
