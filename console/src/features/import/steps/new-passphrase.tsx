/** A passphrase for a new backup: proposed, or the person's own. */
import type { TFunction } from 'i18next'
import { type RefObject, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  isLongEnough,
  leastCharacters,
  proposePassphrase,
  typedFault,
  typedValues,
} from '../../../../../src/custody/passphrase.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CopyButton } from '../../../parts/controls/copy.tsx'
import { RadioCards, TextField } from '../../../parts/controls/field.tsx'

type PassphraseKind = 'proposed' | 'own'

export type NewPassphrase = {
  readonly kind: PassphraseKind
  readonly setKind: (kind: PassphraseKind) => void
  readonly proposed: string
  readonly proposeAnother: () => void
  /** The field of the person's own. */
  readonly own: RefObject<HTMLInputElement | null>
  readonly error: string | undefined
  /** @returns the passphrase; undefined for an unfit one, whose error is shown from then on. */
  readonly take: () => string | undefined
  /** Empties the field, once the passphrase has done its work. */
  readonly empty: () => void
}

export function useNewPassphrase(): NewPassphrase {
  const { t } = useTranslation()
  const [kind, setKind] = useState<PassphraseKind>('proposed')
  const [proposed, setProposed] = useState(draw)
  const own = useRef<HTMLInputElement>(null)
  const [error, setError] = useState<string>()
  const take = (): string | undefined => {
    const passphrase = kind === 'proposed' ? proposed : (own.current?.value ?? '')
    const fault = faultText(t, passphrase)
    setError(fault)
    return fault === undefined ? passphrase : undefined
  }
  const empty = (): void => {
    if (own.current !== null) own.current.value = ''
  }
  const proposeAnother = (): void => setProposed(draw())
  return { kind, setKind, proposed, proposeAnother, own, error, take, empty }
}

function draw(): string {
  return proposePassphrase((bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>))
}

function faultText(t: TFunction, passphrase: string): string | undefined {
  const fault = typedFault(passphrase)
  if (fault !== undefined && fault !== 'empty') return t(`import.typed.${fault}`, typedValues)
  return isLongEnough(passphrase) ? undefined : t('import.backup.tooShort', { n: leastCharacters })
}

export function PassphraseFields({ passphrase }: { readonly passphrase: NewPassphrase }) {
  const { t } = useTranslation()
  const { kind, setKind, own, error } = passphrase
  return (
    <>
      <RadioCards
        label={t('words.passphrase')}
        name="passphrase-kind"
        value={kind}
        onChange={setKind}
        options={[
          { value: 'proposed', title: t('import.backup.proposed') },
          { value: 'own', title: t('import.backup.own', { n: leastCharacters }) },
        ]}
      />
      {kind === 'proposed' ? (
        <Proposed passphrase={passphrase} />
      ) : (
        <TextField
          ref={own}
          label={t('import.backup.ownLabel')}
          type="password"
          autoComplete="new-password"
          hint={t('import.backup.apart')}
          error={error}
        />
      )}
    </>
  )
}

function Proposed({
  passphrase: { proposed, proposeAnother },
}: {
  readonly passphrase: NewPassphrase
}) {
  const { t } = useTranslation()
  return (
    <div className="field">
      <span className="label" id="proposed-label">
        {t('import.backup.words')}
      </span>
      <div className="input-row">
        <output className="code output" aria-labelledby="proposed-label">
          {proposed}
        </output>
        <Button onClick={proposeAnother}>{t('import.backup.another')}</Button>
        <CopyButton value={proposed} name={t('words.passphrase')} />
      </div>
      <p className="hint">{t('import.backup.apart')}</p>
    </div>
  )
}
