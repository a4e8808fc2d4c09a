/** The worker that holds the material, for as long as the wizard is open. It ends with the page, and when the person is signed out. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { MaterialClient, MaterialGone } from '../../material/client.ts'
import { materialLost } from '../../shell/presence.tsx'

export type Material = {
  readonly client: () => MaterialClient
  /** Overwrites what is held and ends the worker. */
  readonly end: () => Promise<void>
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
  useEffect(() => {
    const onLost = (): void => {
      if (held.current === undefined) return
      void end()
      setLost((count) => count + 1)
    }
    addEventListener('pagehide', onLost)
    materialLost.addEventListener('signed-out', onLost)
    return () => {
      removeEventListener('pagehide', onLost)
      materialLost.removeEventListener('signed-out', onLost)
      void end()
    }
  }, [end])
  return { client, end, lost }
}

type Work = {
  readonly isBusy: boolean
  /** When the material goes meanwhile nothing comes of it, and `onGone` is told. */
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
