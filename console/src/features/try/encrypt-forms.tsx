/** Encrypt and decrypt. */
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'wouter'
import { encryptBytes, type KeyCard } from '../../api/admin.ts'
import * as kms from '../../api/kms.ts'
import { Objection } from '../../api/refusal.ts'
import { Button } from '../../parts/controls/button.tsx'
import { AreaField } from '../../parts/controls/field.tsx'
import { specOf } from '../key/kinds.ts'
import { BytesField, bytesOf } from './bytes-input.tsx'
import { ContextRows, contextOf } from './context-rows.tsx'
import { useDraft, useFill } from './drafts.tsx'
import { Output } from './output.tsx'
import { OwnerOf } from './owner-of.tsx'
import { readCiphertext } from './read-ciphertext.ts'
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
  const [input, setInput] = useDraft('plaintext')
  const [context, setContext] = useDraft('context')
  const fill = useFill()
  const [, setParams] = useSearchParams()
  const { run, refuse, ...state } = useRun<string>()
  const encrypt = (): void => {
    const bytes = bytesOf(input)
    if (bytes === undefined || bytes.length === 0)
      return refuse(
        new Objection('try.badInput', { form: new Objection(`try.form.${input.form}`) }),
      )
    run(
      async () =>
        (await encryptBytes(item.id, bytes.toBase64(), contextOf(context), algorithmOf(item)))
          .ciphertext,
    )
  }
  const { result } = state
  return (
    <div className="stack wide">
      <RunForm
        action={t('try.operation.encrypt')}
        onRun={encrypt}
        isBusy={state.isBusy}
        error={state.error}
      >
        <BytesField label={t('words.plaintext')} value={input} onChange={setInput} />
        {takesContext(item) && <ContextRows rows={context} onChange={setContext} />}
      </RunForm>
      {result !== undefined && (
        <>
          <Output title={t('words.ciphertext')} text={result} note={t('try.ciphertextNote')} />
          <p className="line">
            <Button
              onClick={() => {
                fill('ciphertext', result)
                setParams({ key: item.id, do: 'decrypt' }, { replace: true })
              }}
            >
              {t('try.decryptThis')}
            </Button>
          </p>
        </>
      )}
    </div>
  )
}

export function DecryptForm({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [text, setText] = useDraft('ciphertext')
  const [context, setContext] = useDraft('context')
  const [, setParams] = useSearchParams()
  const { run, refuse, ...state } = useRun<kms.Decrypted>()
  const decrypt = (): void => {
    const read = readCiphertext(text, takesContext(item))
    if (!(read instanceof Uint8Array)) return refuse(new Objection(read.key, read.values))
    const named = { key_id: item.id, encryption_algorithm: algorithmOf(item) }
    run(() => kms.decryptData(read.toBase64(), contextOf(context), named))
  }
  const { result } = state
  const isText =
    result !== undefined && (result.plain_text !== '' || result.plain_text_base64 === '')
  return (
    <div className="stack wide">
      <RunForm
        action={t('try.operation.decrypt')}
        onRun={decrypt}
        isBusy={state.isBusy}
        error={state.error}
      >
        <AreaField
          label={t('try.ciphertextBase64')}
          className="input area mono"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {takesContext(item) && <ContextRows rows={context} onChange={setContext} />}
      </RunForm>
      {takesContext(item) && (
        <OwnerOf
          text={text}
          chosenId={item.id}
          onUse={(key) => setParams({ key, do: 'decrypt' }, { replace: true })}
        />
      )}
      {result !== undefined && isText && (
        <Output title={t('words.plaintext')} text={result.plain_text} />
      )}
      {result !== undefined && (
        <Output title={t('try.plaintextBase64')} text={result.plain_text_base64} />
      )}
    </div>
  )
}
