/** A data key: in the clear for use at once, sealed to be kept. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../api/admin.ts'
import * as kms from '../../api/kms.ts'
import { SelectField } from '../../parts/controls/field.tsx'
import { ContextRows, contextOf } from './context-rows.tsx'
import { useDraft } from './drafts.tsx'
import { Output } from './output.tsx'
import { RunForm } from './run-form.tsx'
import { useRun } from './use-run.ts'

const lengths = [128, 256, 512]

export function DataKeyForm({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [bits, setBits] = useState(256)
  const [context, setContext] = useDraft('context')
  const { run, isBusy, error, result } = useRun<kms.DataKey>()
  return (
    <div className="stack wide">
      <RunForm
        action={t('try.createDataKey')}
        onRun={() => run(() => kms.createDataKey(item.id, bits, contextOf(context)))}
        isBusy={isBusy}
        error={error}
      >
        <SelectField
          label={t('try.length')}
          value={String(bits)}
          onChange={(event) => setBits(Number(event.target.value))}
        >
          {lengths.map((length) => (
            <option key={length} value={length}>
              {t('common.bytesBits', { bytes: length / 8, bits: length })}
            </option>
          ))}
        </SelectField>
        <ContextRows rows={context} onChange={setContext} />
      </RunForm>
      {result !== undefined && (
        <>
          <Output
            title={t('try.dataKeyPlain')}
            text={result.plain_text ?? ''}
            note={t('try.dataKeyPlainNote')}
          />
          <Output
            title={t('try.dataKeySealed')}
            text={result.cipher_text}
            note={t('try.dataKeySealedNote')}
          />
        </>
      )}
    </div>
  )
}
