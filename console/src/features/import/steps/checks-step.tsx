/**
 * Is it fit for use? Every check that Holdfast makes, made in the page first. One that failed is
 * not passed over.
 */
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import type { CheckRow, Facts } from '../../../material/protocol.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { groupedHex } from '../../../parts/data/format.ts'
import { Icon } from '../../../parts/page/icon.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { nameOf } from '../../key/key-name.ts'
import type { Mode } from '../choices.ts'
import type { Material } from '../ways/use-material.ts'
import { StepBar } from '../wizard.tsx'
import type { Done, Whereabouts } from '../wizard-state.ts'
import { SendPanel, useSend } from './send.tsx'

type Props = {
  readonly item: KeyCard
  readonly mode: Mode
  readonly facts: Facts
  readonly material: Material
  readonly unchanged: string
  readonly onBack: () => void
  readonly onNext: () => void
  readonly onWhere: (where: Whereabouts) => void
  readonly onDone: (done: Done) => void
}

export function ChecksStep({
  item,
  mode,
  facts,
  material,
  unchanged,
  onBack,
  onNext,
  onWhere,
  onDone,
}: Props) {
  const { t } = useTranslation()
  const send = useSend()
  const drill = async (): Promise<void> => {
    const at = await send.drill(item, { kind: 'page', client: material.client() }, onWhere)
    if (at !== undefined) onDone({ kind: 'drilled', at })
  }
  return (
    <div className="stack wide">
      <p className="lead">{t('import.checks.lead')}</p>
      <Checks rows={facts.checks} item={item} mode={mode} unchanged={unchanged} onBack={onBack} />
      <SendPanel send={send} unchanged={t('import.unchanged.drill')} />
      <StepBar>
        <Button onClick={onBack}>{t('common.back')}</Button>
        {mode === 'drill' ? (
          <Button
            kind="primary"
            busy={send.isBusy}
            reason={mayDrill(facts) ? undefined : t('import.checks.failed')}
            onClick={() => void drill()}
          >
            {t('import.drillNow')}
          </Button>
        ) : (
          <Button
            kind="primary"
            reason={facts.fit ? undefined : t('import.checks.failed')}
            onClick={onNext}
          >
            {t('common.continue')}
          </Button>
        )}
      </StepBar>
    </div>
  )
}

/** A drill that does not match is sent all the same: that it failed is to be known. */
function mayDrill({ fit, checks }: Facts): boolean {
  const first = checks.find(({ result }) => result === 'failed')
  return fit || first?.check === 'same-material'
}

type ChecksProps = Pick<Props, 'item' | 'mode' | 'unchanged' | 'onBack'> & {
  readonly rows: readonly CheckRow[]
}

function Checks({ rows, ...rest }: ChecksProps) {
  return (
    <Panel>
      <ul className="checks">
        {rows.map((row) => (
          <Check key={row.check} row={row} {...rest} />
        ))}
      </ul>
    </Panel>
  )
}

type CheckProps = Omit<ChecksProps, 'rows'> & { readonly row: CheckRow }

function Check({ row, item, mode, unchanged, onBack }: CheckProps) {
  const { t } = useTranslation()
  const isFailed = row.result === 'failed'
  const icon = isFailed ? 'cross' : row.result === 'passed' ? 'enabled' : 'bar'
  const isSymmetric = item.check_value !== null || row.values.spec !== undefined
  return (
    <li className={isFailed ? 'bad' : undefined}>
      <span className={row.result === 'passed' ? 'ok-text' : 'muted'}>
        <Icon name={icon} />
      </span>
      <span className="check-name">{t(`check.${row.check}`)}</span>
      <span className="check-result">
        {row.check === 'size' && row.result === 'passed' && row.values.n !== undefined
          ? t('import.checks.size', {
              bytes: row.values.n,
              bits: Number(row.values.n) * 8,
              spec: String(row.values.spec),
            })
          : t(`import.checks.${row.result}`)}
      </span>
      {isFailed && (
        <div className="check-why">
          <p>{sentence(t, row, item, mode, isSymmetric)}</p>
          <p>
            <b>{mode === 'drill' ? t('import.unchanged.drill') : unchanged}</b>
          </p>
          <p>
            <Button small onClick={onBack}>
              {t('import.checks.again')}
            </Button>
          </p>
        </div>
      )}
    </li>
  )
}

function sentence(
  t: TFunction,
  { check, values }: CheckRow,
  item: KeyCard,
  mode: Mode,
  isSymmetric: boolean,
): string {
  switch (check) {
    case 'one-byte':
      return t('message.everyByteSame')
    case 'pattern':
      return t('message.bytesRepeat', { n: String(values.n) })
    case 'counting':
      return t('message.bytesCount')
    case 'text':
      return t('message.readableText')
    case 'published':
      return t('import.checks.published')
    case 'same-material': {
      const expected = groupedHex(String(values.expected))
      if (mode === 'drill' && isSymmetric)
        return t('message.backupDiffers', {
          alias: nameOf(item),
          a: groupedHex(String(values.found)),
          b: expected,
        })
      if (mode === 'drill')
        return t('import.checks.otherPair', { alias: nameOf(item), fingerprint: expected })
      return isSymmetric
        ? t('message.otherMaterial', { cv: expected })
        : t('import.checks.otherPairImport', { fingerprint: expected })
    }
    case 'size':
      return t('message.privateKeyUnsafe', { reason: t('import.reason.numbers') })
    default:
      return `${t('message.privateKeyUnsafe', { reason: t(`import.reason.${check}`) })} ${t('import.checks.notAnywhere')}`
  }
}
