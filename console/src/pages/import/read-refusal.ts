/** Why a file or a text is not the material that was looked for, in words; with the command that converts it, where one does. */
import { useTranslation } from 'react-i18next'
import type { Refused } from '../../material/protocol.ts'

export type RefusalWords = { readonly text: string; readonly command?: string }

const toPkcs8 = 'openssl pkcs8 -topk8 -in old-key.pem -out key.pem'

export function useReadRefusal(): (refused: Refused) => RefusalWords {
  const { t } = useTranslation()
  return ({ reason, values }) => {
    const text = (name: string): string => String(values[name] ?? '')
    switch (reason) {
      case 'empty':
        return { text: t('m.03') }
      case 'size':
        return {
          text: `${t('m.04', { spec: text('spec'), n: text('n'), m: text('m') })} ${t(`import.read.as.${values.reading as 'raw'}`)}`,
        }
      case 'other-kind':
        return {
          text:
            values.found === undefined || values.found === ''
              ? t('import.refused.otherKind')
              : t('import.refused.foundPair', { found: text('found') }),
        }
      case 'other-spec':
        return { text: t('m.05', { found: text('found'), spec: text('spec') }) }
      case 'public-key':
        return { text: t('m.17') }
      case 'openssh':
        return { text: t('m.18'), command: 'ssh-keygen -p -N "" -m pkcs8 -f copy-of-key' }
      case 'pkcs12':
        return { text: t('m.18'), command: 'openssl pkcs12 -in key.p12 -nocerts -noenc -out key.pem' }
      case 'cipher':
        return { text: t('m.16', { cipher: text('cipher') }), command: toPkcs8 }
      case 'work':
        return { text: t('import.refused.work'), command: toPkcs8 }
      case 'passphrase-wrong':
        return { text: t('m.15') }
      case 'unreadable':
        return { text: t('import.refused.unreadable') }
      case 'not-a-backup':
        return { text: t('import.refused.notBackup') }
      default:
        return { text: t(`import.refused.${reason}`, { which: text('which') }) }
    }
  }
}
