/** Encrypt and decrypt. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { encryptBytes, type KeyCard } from '../../api/admin.ts'
import * as kms from '../../api/kms.ts'
import { AreaField } from '../../parts/field.tsx'
import { Objection } from '../../refusal.ts'
import { specOf } from '../key/kinds.ts'
import { BytesField, type BytesInput, bytesOf, noBytes } from './bytes-input.tsx'
import { type ContextRow, ContextRows, contextOf } from './context-rows.tsx'
import { Output } from './output.tsx'
import { RunForm } from './run-form.tsx'
import { useRun } from './use-run.ts'

/** The one algorithm of a key; it is named where the ciphertext does not name it itself. */
function algorithmOf(item: KeyCard): string {
  return specOf(item.spec)?.encryption[0] ?? ''
}

function takesContext(item: KeyCard): boolean {
  return specOf(item.spec)?.kind === 'symmetric'
}

export function EncryptForm({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [input, setInput] = useState<BytesInput>(noBytes)
  const [context, setContext] = useState<readonly ContextRow[]>([])
  const { run, refuse, ...state } = useRun<string>()
  const encrypt = (): void => {
    const bytes = bytesOf(input)
    if (bytes === undefined || bytes.length === 0)
      return refuse(new Objection('try.badInput', { form: new Objection(`try.form.${input.form}`) }))
    run(async () => (await encryptBytes(item.id, bytes.toBase64(), contextOf(context), algorithmOf(item))).ciphertext)
  }
  return (
    <div className="stack wide">
      <RunForm action={t('try.operation.encrypt')} onRun={encrypt} isBusy={state.isBusy} error={state.error}>
        <BytesField label={t('words.plaintext')} value={input} onChange={setInput} />
        {takesContext(item) && <ContextRows rows={context} onChange={setContext} />}
      </RunForm>
      {state.result !== undefined && <Output title={t('words.ciphertext')} text={state.result} note={t('try.ciphertextNote')} />}
    </div>
  )
}

export function DecryptForm({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [context, setContext] = useState<readonly ContextRow[]>([])
  const { run, refuse, ...state } = useRun<kms.Decrypted>()
  const decrypt = (): void => {
    const bare = text.replaceAll(/\s+/g, '')
    if (bare === '') return refuse(new Objection('try.noCiphertext'))
    const named = { key_id: item.id, encryption_algorithm: algorithmOf(item) }
    run(() => kms.decryptData(bare, contextOf(context), named))
  }
  const { result } = state
  const isText = result !== undefined && (result.plain_text !== '' || result.plain_text_base64 === '')
  return (
    <div className="stack wide">
      <RunForm action={t('try.operation.decrypt')} onRun={decrypt} isBusy={state.isBusy} error={state.error}>
        <AreaField
          label={t('try.ciphertextBase64')}
          className="input area mono"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {takesContext(item) && <ContextRows rows={context} onChange={setContext} />}
      </RunForm>
      {result !== undefined && isText && <Output title={t('words.plaintext')} text={result.plain_text} />}
      {result !== undefined && <Output title={t('try.plaintextBase64')} text={result.plain_text_base64} />}
    </div>
  )
}
