/**
 * The worker that holds the material, for as long as the wizard is open. It ends with the page, and
 * when the person is signed out.
 */
import { useCallback, useEffect, useRef, useState } from 'react'
import { materialLost } from '../../../app/presence.tsx'
import { MaterialClient, MaterialGone } from '../../../material/client.ts'

export type Material = {
  readonly client: () => MaterialClient
  /** Overwrites what is held and ends the worker. */
  readonly end: () => Promise<void>
  /** The same without the person's doing, or because they leave: the wizard begins again. */
  readonly lose: () => void
  /** Counts up when the material was lost without the person's doing. */
  readonly lost: number
}

export function useMaterial(): Material {
  const held = useRef<MaterialClient>(undefined)
  const [lost, setLost] = useState(0)
  const client = useCallback((): MaterialClient => {
    held.current ??= new MaterialClient()
    return held.current
  }, [])
  const end = useCallback(async (): Promise<void> => {
    const ended = held.current
    held.current = undefined
    await ended?.end()
  }, [])
  const lose = useCallback((): void => {
    if (held.current === undefined) return
    void end()
    setLost((count) => count + 1)
  }, [end])
  useEffect(() => {
    addEventListener('pagehide', lose)
    materialLost.addEventListener('signed-out', lose)
    return () => {
      removeEventListener('pagehide', lose)
      materialLost.removeEventListener('signed-out', lose)
      void end()
    }
  }, [end, lose])
  return { client, end, lose, lost }
}

type Work = {
  readonly isBusy: boolean
  /** If the material is gone by then, the work has no effect and `onGone` is called. */
  readonly run: (work: () => Promise<void>, onGone?: () => void) => Promise<void>
}

/** What asks the worker, and the time that takes. */
export function useMaterialWork(): Work {
  const [isBusy, setBusy] = useState(false)
  const run: Work['run'] = async (work, onGone) => {
    setBusy(true)
    try {
      await work()
    } catch (failure) {
      if (!(failure instanceof MaterialGone)) throw failure
      onGone?.()
    } finally {
      setBusy(false)
    }
  }
  return { isBusy, run }
}
