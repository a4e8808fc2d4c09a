/**
 * What a person sets for this browser: language, appearance, shortcuts, columns. Nothing of it is
 * secret; all of it may be lost.
 */
import { Store } from './store.ts'

export const languages = ['en', 'zh-CN'] as const
export type Language = (typeof languages)[number]
export const appearances = ['system', 'light', 'dark'] as const
export type Appearance = (typeof appearances)[number]

const prefix = 'holdfast.'

function read(name: string): string | null {
  try {
    return localStorage.getItem(prefix + name)
  } catch {
    return null
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value)
  } catch {
    // A browser that keeps nothing: the setting holds until the page is closed.
  }
}

function kept<T extends string>(name: string, known: readonly T[], usual: T): Store<T> {
  const found = read(name)
  const store = new Store<T>(known.find((value) => value === found) ?? usual)
  store.watch(() => write(name, store.get()))
  return store
}

const browserLanguage: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'

export const language = kept('language', languages, browserLanguage)
export const appearance = kept('appearance', appearances, 'system')
export const shortcuts = kept('shortcuts', ['on', 'off'] as const, 'on')

/** Columns of the table of keys chosen in addition to those that are always shown. */
export const columns = new Store<readonly string[]>(
  (read('columns') ?? '').split(',').filter((name) => name !== ''),
)
columns.watch(() => write('columns', columns.get().join(',')))

const dark = matchMedia('(prefers-color-scheme: dark)')

function paint(): void {
  const chosen = appearance.get()
  document.documentElement.dataset.theme =
    chosen === 'system' ? (dark.matches ? 'dark' : 'light') : chosen
  redraw()
}

const drawings = new Set<() => void>()

/** Calls `draw` when colours or language have changed: a canvas does not follow them itself. */
export function onRedraw(draw: () => void): () => void {
  drawings.add(draw)
  return () => drawings.delete(draw)
}

function redraw(): void {
  for (const draw of drawings) draw()
}

language.watch(redraw)

appearance.watch(paint)
dark.addEventListener('change', paint)
paint()
