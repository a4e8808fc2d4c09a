/**
 * What is open about what was read: how to read it, whether a line break belongs to it, what opens
 * it.
 */
import { useTranslation } from 'react-i18next'
import type { ReadAnswer } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { useReadRefusal } from './read-refusal.ts'
import { SecretField } from './secret-field.tsx'
import type { MaterialReading } from './use-reading.ts'

type Props<K extends ReadAnswer['kind']> = {
  readonly asked: ReadAnswer & { readonly kind: K }
  readonly reading: MaterialReading
}

export function ReadQuestion({ reading }: { readonly reading: MaterialReading }) {
  const { answer } = reading
  switch (answer?.kind) {
    case 'ask':
      return <WhichReading asked={answer} reading={reading} />
    case 'line-break':
      return <LineBreak asked={answer} reading={reading} />
    case 'passphrase':
      return <Passphrase asked={answer} reading={reading} />
    default:
      return null
  }
}

function WhichReading({ asked, reading: { reply } }: Props<'ask'>) {
  const { t } = useTranslation()
  return (
    <Panel title={t('import.read.ask')} padded>
      <p className="soft">{t('import.read.askText')}</p>
      <p className="line">
        {asked.readings.map((one) => (
          <Button key={one} onClick={() => reply({ reading: one })}>
            {t(`import.read.reading.${one}`)}
          </Button>
        ))}
      </p>
    </Panel>
  )
}

function LineBreak({ asked, reading: { reply, again } }: Props<'line-break'>) {
  const { t } = useTranslation()
  return (
    <Banner
      tone="warning"
      live="polite"
      action={
        <span className="line">
          <Button small kind="primary" onClick={() => reply({ leaveOutLineBreak: true })}>
            {t('import.read.leaveOut')}
          </Button>
          <Button small onClick={again}>
            {t('import.read.chooseOther')}
          </Button>
        </span>
      }
    >
      <p>{t('import.read.lineBreak', { count: asked.sizeBytes })}</p>
    </Banner>
  )
}

function Passphrase({ asked, reading: { isBusy, wrong, reply } }: Props<'passphrase'>) {
  const { t } = useTranslation()
  const refusalWords = useReadRefusal()
  return (
    <Panel title={t(`import.read.locked.${asked.of}`)} padded>
      <SecretField
        label={asked.of === 'age' ? t('import.read.agePassphrase') : t('words.passphrase')}
        action={t('import.read.open')}
        isBusy={isBusy}
        error={wrong === undefined ? undefined : refusalWords(wrong).text}
        onSecret={(passphrase) => reply({ passphrase })}
      />
    </Panel>
  )
}
