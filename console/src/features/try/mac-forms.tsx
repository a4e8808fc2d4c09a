/** Generate and verify MACs. */
import { useTranslation } from 'react-i18next'
import { type MacAlgorithmName, macAlgorithms } from '../../../../src/domain/algorithms.ts'
import type { KeyCard } from '../../api/admin.ts'
import * as kms from '../../api/kms.ts'
import { Objection } from '../../api/refusal.ts'
import { AreaField } from '../../parts/controls/field.tsx'
import { Banner } from '../../parts/page/banner.tsx'
import { specOf } from '../key/kinds.ts'
import { BytesField, type BytesInput, bytesOf } from './bytes-input.tsx'
import { useDraft } from './drafts.tsx'
import { Output } from './output.tsx'
import { RunForm } from './run-form.tsx'
import { useRun } from './use-run.ts'

/** A key of each of these specs has one algorithm. */
function algorithmOf(item: KeyCard): MacAlgorithmName | undefined {
  return specOf(item.spec)?.macs[0]
}

/** @returns undefined for a message that is empty or not in the form that was chosen. */
function callOf(item: KeyCard, input: BytesInput): kms.MacCall | undefined {
  const bytes = bytesOf(input)
  if (bytes === undefined || bytes.length === 0) return undefined
  return { key_id: item.id, mac_algorithm: algorithmOf(item) ?? '', message: bytes.toBase64() }
}

/**
 * A MAC as the API takes it, out of hexadecimal or of base64 that has its length.
 * @returns undefined for anything else.
 */
function macText(item: KeyCard, text: string): string | undefined {
  const typed = { text, file: undefined }
  const hex = bytesOf({ ...typed, form: 'hex' })
  if (hex !== undefined) return hex.length === 0 ? undefined : hex.toHex()
  const name = algorithmOf(item)
  const bytes = bytesOf({ ...typed, form: 'base64' })
  return name !== undefined && bytes?.length === macAlgorithms[name].macBytes
    ? bytes.toHex()
    : undefined
}

export function GenerateMacForm({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [input, setInput] = useDraft('message')
  const { run, refuse, ...state } = useRun<string>()
  const generate = (): void => {
    const call = callOf(item, input)
    if (call === undefined)
      return refuse(
        new Objection('try.badInput', { form: new Objection(`try.form.${input.form}`) }),
      )
    run(() => kms.generateMac(call))
  }
  return (
    <div className="stack wide">
      <RunForm
        action={t('try.operation.generate-mac')}
        onRun={generate}
        isBusy={state.isBusy}
        error={state.error}
      >
        <BytesField label={t('try.message')} value={input} onChange={setInput} />
      </RunForm>
      {state.result !== undefined && (
        <Output title={t('words.mac')} text={state.result} note={t('try.macNote')} />
      )}
    </div>
  )
}

export function VerifyMacForm({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [input, setInput] = useDraft('message')
  const [mac, setMac] = useDraft('mac')
  const { run, refuse, ...state } = useRun<boolean>()
  const verify = (): void => {
    const call = callOf(item, input)
    if (call === undefined)
      return refuse(
        new Objection('try.badInput', { form: new Objection(`try.form.${input.form}`) }),
      )
    const given = macText(item, mac)
    if (given === undefined) return refuse(new Objection('try.badMac'))
    run(() => kms.verifyMac({ ...call, mac: given }))
  }
  return (
    <div className="stack wide">
      <RunForm
        action={t('try.operation.verify-mac')}
        onRun={verify}
        isBusy={state.isBusy}
        error={state.error}
      >
        <BytesField label={t('try.message')} value={input} onChange={setInput} />
        <AreaField
          label={t('try.macText')}
          className="input area mono"
          value={mac}
          onChange={(event) => setMac(event.target.value)}
        />
      </RunForm>
      <div role="status">
        {state.result !== undefined && (
          <Banner tone={state.result ? 'ok' : 'danger'}>
            <p>{state.result ? t('try.macValid') : t('try.macNotValid')}</p>
          </Banner>
        )}
      </div>
    </div>
  )
}
