/**
 * One call after the other for several keys: each that failed is named with its reason, the others
 * are done.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import { NoConnection } from '../../../api/call.ts'
import { useRefusalText } from '../../../api/refusal.ts'
import { notify } from '../../../app/notices.ts'
import { enumeration } from '../../../parts/data/format.ts'
import { nameOf } from '../key-name.ts'

export type Failure = { readonly key: KeyCard; readonly error: unknown }

export type EachRun = {
  readonly isBusy: boolean
  readonly failures: readonly Failure[]
  /** Does it to one key after another, and calls `onDone` when all of it was done. */
  readonly run: (
    keys: readonly KeyCard[],
    one: (key: KeyCard) => Promise<unknown>,
    said: (key: KeyCard) => string,
  ) => Promise<void>
}

/** @param onDone called when a run has failed for none of its keys. */
export function useEach(onDone: () => void): EachRun {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [isBusy, setBusy] = useState(false)
  const [failures, setFailures] = useState<readonly Failure[]>([])
  const run: EachRun['run'] = async (keys, one, said) => {
    setBusy(true)
    setFailures([])
    const failed: Failure[] = []
    const done: KeyCard[] = []
    for (const key of keys) {
      try {
        await one(key)
        done.push(key)
      } catch (error) {
        failed.push({ key, error })
        // Without a connection the next one fails as well.
        if (error instanceof NoConnection) break
      }
    }
    // What the page shows from here on is what the server says.
    await client.invalidateQueries()
    setBusy(false)
    setFailures(failed)
    if (done.length === 1 && done[0]) notify('ok', said(done[0]))
    else if (done.length > 1)
      notify(
        'ok',
        t('danger.doneMany', {
          count: done.length,
          n: done.length,
          names: enumeration(done.map(nameOf)),
        }),
      )
    for (const { key, error } of failed) {
      if (keys.length > 1)
        notify('danger', t('common.labelled', { label: nameOf(key), text: refusalText(error) }))
    }
    if (failed.length === 0) onDone()
  }
  return { isBusy, failures, run }
}
