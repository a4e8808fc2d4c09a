/**
 * Why a file or a text is not the material that was looked for, in words; with the command that
 * converts it, where one does.
 */
import { useTranslation } from 'react-i18next'
import { commandFor } from '../../../../../src/custody/material/verdicts.ts'
import type { TypedFault } from '../../../../../src/custody/passphrase.ts'
import type { PrivateKeyFault } from '../../../../../src/domain/material/private-key-faults.ts'
import { shellWord } from '../../../../../src/domain/shell-word.ts'
import type { Refused } from '../../../material/protocol.ts'

export type RefusalWords = { readonly text: string; readonly command?: string }

/** Name of a file in commands for what was pasted. */
const usualName = 'old-key'

/** @returns what says a refusal of the file of this name, empty for a paste. */
export function useReadRefusal(): (refused: Refused, fileName?: string) => RefusalWords {
  const { t } = useTranslation()
  return ({ reason, values }, fileName = '') => {
    if (isOfBackup(reason)) return { text: t(`import.refused.${reason}`, values) }
    if (isTyped(reason)) return { text: t(`import.typed.${typedFaultOf(reason)}`, values) }
    if (isOfKey(reason)) {
      const fault = t(`import.keyFault.why.${faultOf(reason)}`, values)
      return { text: t('import.keyFault.sentence', { ...values, fault }) }
    }
    const sentence = t(`import.unread.${reason}`, values)
    const { reading } = values
    const isRead = reading === 'raw' || reading === 'hex' || reading === 'base64'
    const command = commandFor({ values }, fileName === '' ? usualName : shellWord(fileName))
    return {
      text: isRead ? `${sentence} ${t(`import.read.as.${reading}`)}` : sentence,
      ...(command !== undefined && { command }),
    }
  }
}

/** What is wrong with an age file, an identity or a share. */
function isOfBackup(
  reason: Refused['reason'],
): reason is Extract<Refused['reason'], `${'age' | 'identity' | 'share'}-${string}`> {
  return /^(?:age|identity|share)-/.test(reason)
}

type TypedReason = `typed-${TypedFault}`

/** What is wrong with a passphrase, independent of what it would open. */
function isTyped(reason: Refused['reason']): reason is TypedReason {
  return reason.startsWith('typed-')
}

function typedFaultOf(reason: TypedReason): TypedFault {
  return reason.slice('typed-'.length) as TypedFault
}

type KeyReason = `key-${PrivateKeyFault}`

/** What is wrong with a private key by itself. */
function isOfKey(reason: Refused['reason']): reason is KeyReason {
  return reason.startsWith('key-')
}

function faultOf(reason: KeyReason): PrivateKeyFault {
  return reason.slice('key-'.length) as PrivateKeyFault
}
