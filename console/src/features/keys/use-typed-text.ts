/** The text of the search field, which is looked for while it is typed. */
import { useEffect, useRef, useState } from 'react'
import { looksSecret } from './search-state.ts'

const typingMs = 100

export type TypedText = {
  readonly text: string
  readonly type: (text: string) => void
}

/**
 * @param sought what the list shows now.
 * @param seek called with a text to look for; never with one that may be key material.
 */
export function useTypedText(sought: string, seek: (text: string) => void): TypedText {
  const [text, setText] = useState(sought)
  const typed = useRef(sought)
  const typedAt = useRef(0)
  const latest = useRef(seek)
  latest.current = seek

  // The address may change without the field: a link, the back button, "clear filters".
  useEffect(() => {
    typed.current = sought
    setText(sought)
  }, [sought])
  useEffect(() => {
    // What the field held before the address changed is not looked for again.
    if (text === sought || text !== typed.current || looksSecret(text)) return
    // What is pasted, or typed after a pause, is looked for at once.
    const sinceTyped = Date.now() - typedAt.current
    typedAt.current = Date.now()
    const timer = setTimeout(() => latest.current(text), sinceTyped > typingMs ? 0 : typingMs)
    return () => clearTimeout(timer)
  }, [text, sought])

  const type = (next: string): void => {
    typed.current = next
    setText(next)
  }
  return { text, type }
}
