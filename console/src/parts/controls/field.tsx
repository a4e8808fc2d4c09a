/** Form fields: a label, a hint, an error tied to its field. */
import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react'
import { Icon } from '../page/icon.tsx'

type FieldProps = {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | undefined
}

type Wiring = {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: true
}

function useWiring({ hint, error }: Pick<FieldProps, 'hint' | 'error'>): {
  wiring: Wiring
  hintId: string
  errorId: string
} {
  const id = useId()
  const hintId = `${id}-hint`
  const errorId = `${id}-error`
  const described = [hint !== undefined && hintId, error !== undefined && errorId].filter(
    (one) => one !== false,
  )
  const wiring: Wiring = {
    id,
    ...(described.length > 0 && { 'aria-describedby': described.join(' ') }),
    ...(error !== undefined && { 'aria-invalid': true }),
  }
  return { wiring, hintId, errorId }
}

function Frame({
  label,
  hint,
  error,
  ids,
  children,
}: FieldProps & { readonly ids: ReturnType<typeof useWiring>; readonly children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={ids.wiring.id}>{label}</label>
      {children}
      {hint !== undefined && (
        <p id={ids.hintId} className="hint">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={ids.errorId} className="field-error">
          <Icon name="cross" />
          {error}
        </p>
      )}
    </div>
  )
}

type TextProps = FieldProps &
  InputHTMLAttributes<HTMLInputElement> & {
    readonly ref?: Ref<HTMLInputElement>
    /** Next to the field, such as a button. */
    readonly aside?: ReactNode
  }

export function TextField({ label, hint, error, aside, ...rest }: TextProps) {
  const ids = useWiring({ hint, error })
  const input = <input className="input" type="text" autoComplete="off" {...rest} {...ids.wiring} />
  return (
    <Frame label={label} hint={hint} error={error} ids={ids}>
      {aside === undefined ? (
        input
      ) : (
        <div className="input-row">
          {input}
          {aside}
        </div>
      )}
    </Frame>
  )
}

type AreaProps = FieldProps &
  TextareaHTMLAttributes<HTMLTextAreaElement> & { readonly ref?: Ref<HTMLTextAreaElement> }

export function AreaField({ label, hint, error, ...rest }: AreaProps) {
  const ids = useWiring({ hint, error })
  return (
    <Frame label={label} hint={hint} error={error} ids={ids}>
      <textarea
        className="input area"
        rows={4}
        autoComplete="off"
        spellCheck={false}
        {...rest}
        {...ids.wiring}
      />
    </Frame>
  )
}

type SelectProps = FieldProps &
  SelectHTMLAttributes<HTMLSelectElement> & { readonly children: ReactNode }

export function SelectField({ label, hint, error, children, ...rest }: SelectProps) {
  const ids = useWiring({ hint, error })
  return (
    <Frame label={label} hint={hint} error={error} ids={ids}>
      <select className="input" {...rest} {...ids.wiring}>
        {children}
      </select>
    </Frame>
  )
}

type CheckProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'type'> & {
  readonly ref?: Ref<HTMLInputElement>
  readonly label: ReactNode
  readonly error?: string | undefined
}

export function CheckField({ label, error, ...rest }: CheckProps) {
  const ids = useWiring({ error })
  return (
    <div className="check-field">
      <label>
        <input type="checkbox" {...rest} {...ids.wiring} />
        <span>{label}</span>
      </label>
      {error !== undefined && (
        <p id={ids.errorId} className="field-error">
          <Icon name="cross" />
          {error}
        </p>
      )}
    </div>
  )
}

export type Option<T extends string> = {
  readonly value: T
  readonly title: string
  readonly text?: ReactNode
}

type CardsProps<T extends string> = {
  readonly label: string
  readonly name: string
  readonly value: T | undefined
  readonly options: readonly Option<T>[]
  readonly onChange: (value: T) => void
  readonly hideLabel?: boolean
}

/** One of a few, each with a sentence about what it means. */
export function RadioCards<T extends string>({
  label,
  name,
  value,
  options,
  onChange,
  hideLabel = false,
}: CardsProps<T>) {
  return (
    <fieldset className="cards-field">
      <legend className={hideLabel ? 'sr-only' : undefined}>{label}</legend>
      <div className="radio-cards">
        {options.map((option) => (
          <label key={option.value} className="radio-card">
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={value === option.value}
              onChange={() => onChange(option.value)}
            />
            <b>{option.title}</b>
            {option.text !== undefined && <span>{option.text}</span>}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
