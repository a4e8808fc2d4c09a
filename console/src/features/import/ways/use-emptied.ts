/**
 * Material that was typed and not read yet: leaving asks as for what was read, and its fields are
 * emptied when the person is signed out.
 */
import { type RefObject, useEffect, useRef } from 'react'
import { useHold } from '../../../app/history.ts'
import { materialLost } from '../../../app/presence.tsx'

/** @returns what to give to the form whose fields hold secrets. */
export function useEmptied(): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null)
  useHold({
    kind: 'material',
    checkValue: null,
    overwrite: () => form.current?.reset(),
    isHeld: () => [...(form.current?.querySelectorAll('input, textarea') ?? [])].some(hasText),
  })
  useEffect(() => {
    const empty = (): void => form.current?.reset()
    materialLost.addEventListener('signed-out', empty)
    return () => materialLost.removeEventListener('signed-out', empty)
  }, [])
  return form
}

function hasText(field: Element): boolean {
  return (
    (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) &&
    field.value !== ''
  )
}
