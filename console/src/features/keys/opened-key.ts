/** The key that was opened last from the table: on the way back the focus is on it again. */
import { useEffect, useRef } from 'react'
import { cameBack } from '../../app/history.ts'

let opened = ''

/** To be called when a key of the table is opened. */
export function rememberOpened(id: string): void {
  opened = id
}

/**
 * Moves the focus there once, when the list is reached with the back button.
 * @param isShown whether the rows are there.
 */
export function useFocusOnOpened(isShown: boolean): void {
  const restored = useRef(false)
  useEffect(() => {
    if (restored.current || !isShown) return
    restored.current = true
    if (cameBack() && opened !== '') document.getElementById(`key-${opened}`)?.focus()
  }, [isShown])
}
