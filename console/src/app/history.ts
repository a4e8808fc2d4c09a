/**
 * Where the page is in the history of its window: whether it was reached with the back button, so
 * that what had the focus gets it again, and what is asked before a page is left that holds what
 * leaving would take. Loaded with the entry, because a window calls its listeners in the order in
 * which they came, and the router draws at once when it hears of a step.
 */
import { useEffect, useRef } from 'react'
import type { AroundNavHandler } from 'wouter'
import { Store } from './store.ts'

/** What a page holds that is overwritten when it is left. */
export type Held = {
  readonly kind: 'material' | 'secret-key'
  readonly checkValue: string | null
  readonly overwrite: () => void
  /**
   * Whether it holds something now, where that changes without the page's doing: fields that a
   * person types in.
   */
  readonly isHeld?: () => boolean
}

/** A way out that waits for the person's answer. */
export type Leaving = { readonly held: Held; readonly go: () => void }

export const leaving = new Store<Leaving | null>(null)

let held: readonly Held[] = []
let isBack = false
// Every entry has its number from here on; one that comes without is a fragment of this page, such
// as that of the skip link.
if (placeOf(history.state) === undefined) history.replaceState({ place: 0 }, '')
let here = placeOf(history.state) ?? 0
/** What to ask once the entry is back that a step of the browser left. */
let onReturn: (() => void) | undefined

/** How many entries of this window lie before this one; each carries its number. */
function placeOf(state: unknown): number | undefined {
  return typeof state === 'object' &&
    state !== null &&
    'place' in state &&
    typeof state.place === 'number'
    ? state.place
    : undefined
}

addEventListener('popstate', (event) => {
  const there = placeOf(event.state)
  if (there === undefined) return history.replaceState({ place: here + 1 }, '')
  if (onReturn !== undefined) {
    // No other listener saw the step, so none needs to see it undone.
    event.stopImmediatePropagation()
    const ask = onReturn
    onReturn = undefined
    return ask()
  }
  if (firstHeld() !== undefined && there !== here) {
    event.stopImmediatePropagation()
    const by = there - here
    onReturn = () => leave(() => history.go(by))
    return history.go(-by)
  }
  here = there
  isBack = true
})
// wouter says so when it goes on.
for (const event of ['pushState', 'replaceState'])
  addEventListener(event, () => {
    here = placeOf(history.state) ?? here
    isBack = false
  })

export function cameBack(): boolean {
  return isBack
}

function firstHeld(): Held | undefined {
  return held.find(({ isHeld }) => isHeld?.() ?? true)
}

function askBrowser(event: BeforeUnloadEvent): void {
  if (firstHeld() !== undefined) event.preventDefault()
}

/** From now on leaving is asked first. @returns what ends that. */
export function hold(what: Held): () => void {
  if (held.length === 0) addEventListener('beforeunload', askBrowser)
  held = [...held, what]
  return () => keepOnly((one) => one !== what)
}

function keepOnly(isKept: (one: Held) => boolean): void {
  held = held.filter(isKept)
  if (held.length > 0) return
  removeEventListener('beforeunload', askBrowser)
  leaving.set(null)
}

/**
 * Holds what is described as long as the page is shown; undefined is nothing. Only a change of its
 * kind or check value is a change.
 */
export function useHold(what: Held | undefined): void {
  const latest = useRef(what)
  latest.current = what
  const { kind, checkValue = null } = what ?? {}
  const mayChange = what?.isHeld !== undefined
  useEffect(() => {
    if (kind === undefined) return
    const overwrite = (): void => latest.current?.overwrite()
    const isHeld = (): boolean => latest.current?.isHeld?.() ?? false
    return hold({ kind, checkValue, overwrite, ...(mayChange && { isHeld }) })
  }, [kind, checkValue, mayChange])
}

/** Goes on at once, or when the person has said that what the page holds may go. */
export function leave(go: () => void): void {
  const first = firstHeld()
  if (first === undefined) return go()
  leaving.set({ held: first, go })
}

/** The person's answer to what `leaving` asks. */
export function answerLeaving(goes: boolean): void {
  const asked = leaving.get()
  leaving.set(null)
  if (!goes || asked === null) return
  // Before the way out, and whether or not that leads anywhere: a sign-out may find no server.
  for (const one of held) one.overwrite()
  // A form that is empty now may be typed into again, where the way out led nowhere.
  keepOnly(({ isHeld }) => isHeld !== undefined)
  asked.go()
}

/**
 * Every step inside the console: links, searches, shortcuts, buttons. A change of the query of the
 * same page leaves nothing.
 */
export const aroundNavigation: AroundNavHandler = (navigate, to, options) => {
  const place = options?.replace === true ? here : here + 1
  const go = (): void => navigate(to, { ...options, state: { place } })
  if (new URL(to, location.href).pathname === location.pathname) return go()
  leave(go)
}
