/** Material that was typed and not read yet: its fields are emptied when the person is signed out, as the worker is. */
import { type RefObject, useEffect, useRef } from 'react'
import { materialLost } from '../../shell/presence.tsx'

/** @returns what to give to the form whose fields hold secrets. */
export function useEmptied(): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    const empty = (): void => form.current?.reset()
    materialLost.addEventListener('signed-out', empty)
    return () => materialLost.removeEventListener('signed-out', empty)
  }, [])
  return form
}
