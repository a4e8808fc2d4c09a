/** Sign and verify. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type SigningAlgorithm,
  type SigningAlgorithmName,
  signingAlgorithms,
} from '../../../../src/domain/algorithms.ts'
import type { KeyCard } from '../../api/admin.ts'
import * as kms from '../../api/kms.ts'
import { Objection } from '../../api/refusal.ts'
import { AreaField, SelectField } from '../../parts/controls/field.tsx'
import { Banner } from '../../parts/page/banner.tsx'
import { specOf } from '../key/kinds.ts'
import { BytesField, type BytesInput, bytesOf } from './bytes-input.tsx'
import { useDraft } from './drafts.tsx'
import { Output } from './output.tsx'
import { RunForm } from './run-form.tsx'
import { useRun } from './use-run.ts'

type Fields = {
  readonly input: BytesInput
  readonly type: 'RAW' | 'DIGEST'
  readonly algorithm: string
}

function useFields(
  item: KeyCard,
): readonly [Fields, (change: Partial<Fields>) => void, readonly string[]] {
  const algorithms = specOf(item.spec)?.signing ?? []
  const [input, setInput] = useDraft('message')
  const [choice, setChoice] = useState<Omit<Fields, 'input'>>({
    type: 'RAW',
    algorithm: algorithms[0] ?? '',
  })
  const change = ({ input: typed, ...chosen }: Partial<Fields>): void => {
    if (typed !== undefined) setInput(typed)
    setChoice({ ...choice, ...chosen })
  }
  return [{ input, ...choice }, change, algorithms]
}

function rowOf(name: string): SigningAlgorithm | undefined {
  return Object.hasOwn(signingAlgorithms, name)
    ? signingAlgorithms[name as SigningAlgorithmName]
    : undefined
}

/** Some algorithms sign whole messages only. */
function takesDigest(algorithm: string): boolean {
  return rowOf(algorithm)?.digestBytes !== null
}

function isSm2(algorithm: string): boolean {
  return rowOf(algorithm)?.scheme === 'sm2'
}

type InputsProps = {
  readonly fields: Fields
  readonly change: (change: Partial<Fields>) => void
  readonly algorithms: readonly string[]
}

function Inputs({ fields, change, algorithms }: InputsProps) {
  const { t } = useTranslation()
  return (
    <>
      <BytesField
        label={fields.type === 'RAW' ? t('try.message') : t('try.digest')}
        value={fields.input}
        onChange={(input) => change({ input })}
      />
      <div className="line top">
        <SelectField
          label={t('try.messageType')}
          value={fields.type}
          {...(fields.type === 'DIGEST' &&
            isSm2(fields.algorithm) && { hint: t('try.digestOfSm2') })}
          onChange={(event) => change({ type: event.target.value as Fields['type'] })}
        >
          <option value="RAW">{t('try.message')}</option>
          {takesDigest(fields.algorithm) && <option value="DIGEST">{t('try.digest')}</option>}
        </SelectField>
        <SelectField
          label={t('try.algorithm')}
          value={fields.algorithm}
          onChange={(event) => change({ algorithm: event.target.value })}
        >
          {algorithms.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
      </div>
    </>
  )
}

function signing(item: KeyCard, fields: Fields): kms.Signing | undefined {
  const bytes = bytesOf(fields.input)
  if (bytes === undefined || bytes.length === 0) return undefined
  return {
    key_id: item.id,
    message: bytes.toBase64(),
    message_type: fields.type,
    signing_algorithm: fields.algorithm,
  }
}

export function SignForm({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [fields, change, algorithms] = useFields(item)
  const { run, refuse, ...state } = useRun<string>()
  const sign = (): void => {
    const call = signing(item, fields)
    if (call === undefined)
      return refuse(
        new Objection('try.badInput', { form: new Objection(`try.form.${fields.input.form}`) }),
      )
    run(() => kms.sign(call))
  }
  return (
    <div className="stack wide">
      <RunForm
        action={t('try.operation.sign')}
        onRun={sign}
        isBusy={state.isBusy}
        error={state.error}
      >
        <Inputs fields={fields} change={change} algorithms={algorithms} />
      </RunForm>
      {state.result !== undefined && (
        <Output title={t('words.signature')} text={state.result} note={t('try.signatureNote')} />
      )}
    </div>
  )
}

export function VerifyForm({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [fields, change, algorithms] = useFields(item)
  const [signature, setSignature] = useDraft('signature')
  const { run, refuse, ...state } = useRun<boolean>()
  const verify = (): void => {
    const call = signing(item, fields)
    if (call === undefined)
      return refuse(
        new Objection('try.badInput', { form: new Objection(`try.form.${fields.input.form}`) }),
      )
    run(() => kms.verify({ ...call, signature: signature.replaceAll(/\s+/g, '') }))
  }
  return (
    <div className="stack wide">
      <RunForm
        action={t('try.operation.verify')}
        onRun={verify}
        isBusy={state.isBusy}
        error={state.error}
      >
        <Inputs fields={fields} change={change} algorithms={algorithms} />
        <AreaField
          label={t('try.signatureBase64')}
          className="input area mono"
          value={signature}
          onChange={(event) => setSignature(event.target.value)}
        />
      </RunForm>
      <div role="status">
        {state.result !== undefined && (
          <Banner tone={state.result ? 'ok' : 'danger'}>
            <p>{state.result ? t('try.valid') : t('try.notValid')}</p>
          </Banner>
        )}
      </div>
    </div>
  )
}
