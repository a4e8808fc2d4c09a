/**
 * What was typed in Try it stays while one goes from key to key and from operation to operation,
 * and ends with the page.
 */
import { createContext, type ReactNode, useContext, useRef, useState } from 'react'
import { type BytesInput, noBytes } from './bytes-input.tsx'
import type { ContextRow } from './context-rows.tsx'

type Drafts = {
  readonly plaintext: BytesInput
  readonly message: BytesInput
  readonly context: readonly ContextRow[]
  readonly ciphertext: string
  readonly signature: string
  readonly mac: string
}

const nothing: Drafts = {
  plaintext: noBytes,
  message: noBytes,
  context: [],
  ciphertext: '',
  signature: '',
  mac: '',
}

const Kept = createContext<{ current: Drafts }>({ current: nothing })

export function DraftsOfPage({ children }: { readonly children: ReactNode }) {
  return <Kept value={useRef(nothing)}>{children}</Kept>
}

/** A field that starts with what was last typed into the same field, for any key. */
export function useDraft<N extends keyof Drafts>(
  name: N,
): readonly [Drafts[N], (value: Drafts[N]) => void] {
  const kept = useContext(Kept)
  const [value, setValue] = useState(kept.current[name])
  const set = (next: Drafts[N]): void => {
    kept.current = { ...kept.current, [name]: next }
    setValue(next)
  }
  return [value, set]
}

/** Types for the person: the form that comes next begins with it. */
export function useFill(): <N extends keyof Drafts>(name: N, value: Drafts[N]) => void {
  const kept = useContext(Kept)
  return (name, value) => {
    kept.current = { ...kept.current, [name]: value }
  }
}
