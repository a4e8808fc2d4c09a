/** One call of a form: busy while it runs, its error as a sentence. */
import { useState } from 'react'
import { type Objection, useRefusalText } from '../../api/refusal.ts'

export type Running<T> = {
  readonly isBusy: boolean
  readonly error: string | undefined
  readonly result: T | undefined
  readonly run: (one: () => Promise<T>) => void
  /** Says what is wrong before anything was sent. */
  readonly refuse: (objection: Objection) => void
}

export function useRun<T>(): Running<T> {
  const refusalText = useRefusalText()
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [result, setResult] = useState<T>()
  const start = async (one: () => Promise<T>): Promise<void> => {
    if (isBusy) return
    setBusy(true)
    setError(undefined)
    setResult(undefined)
    try {
      setResult(await one())
    } catch (refusal) {
      setError(refusal)
    } finally {
      setBusy(false)
    }
  }
  return {
    isBusy,
    error: error === undefined ? undefined : refusalText(error),
    result,
    run: (one) => void start(one),
    refuse(objection) {
      setResult(undefined)
      setError(objection)
    },
  }
}
