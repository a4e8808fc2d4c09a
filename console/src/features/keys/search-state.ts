/** Filters, sort and page of the list of keys, as the address holds them. */
import { useSearchParams } from 'wouter'
import type { KeySearch } from '../../api/admin.ts'

export const pageSize = 50
export const usualSort = '-created'
const kept = ['text', 'tag', 'value', 'state', 'spec', 'usage', 'origin', 'sort', 'page'] as const

export type ListState = {
  readonly text: string
  /** Key of a tag, and a value of it; empty for any. */
  readonly tag: string
  readonly value: string
  readonly state: string
  readonly spec: string
  readonly usage: string
  readonly origin: string
  readonly sort: string
  readonly page: number
}

/** What shows every key of the project. */
export const noFilters = {
  text: '',
  tag: '',
  value: '',
  state: '',
  spec: '',
  usage: '',
  origin: '',
} as const satisfies Partial<ListState>

/** Whether the list may leave out keys. A value narrows it only together with its tag. */
export function hasFilter({ text, tag, state, spec, usage, origin }: ListState): boolean {
  return [text, tag, state, spec, usage, origin].some((one) => one !== '')
}

/**
 * What may be key material goes neither into the address nor to the server: hexadecimal or base64
 * of 16 or 32 bytes.
 */
export function looksSecret(text: string): boolean {
  const base64 = /^(?:[A-Za-z0-9+/_-]{22}(?:==)?|[A-Za-z0-9+/_-]{43}=?)$/.test(text)
  return (
    /^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{64})$/.test(text) ||
    (base64 && /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text))
  )
}

export function useListState(): readonly [ListState, (change: Partial<ListState>) => void] {
  const [params, setParams] = useSearchParams()
  const read = (name: (typeof kept)[number]): string => params.get(name) ?? ''
  const state: ListState = {
    text: read('text'),
    tag: read('tag'),
    value: read('value'),
    state: read('state'),
    spec: read('spec'),
    usage: read('usage'),
    origin: read('origin'),
    sort: read('sort') || usualSort,
    page: Math.max(1, Number(read('page')) || 1),
  }
  const change = (changes: Partial<ListState>): void => {
    // Another filter shows its first page.
    const next = { ...state, page: 1, ...changes }
    const entries = kept.flatMap((name): [string, string][] => {
      const value = String(next[name])
      const isUsual =
        value === '' ||
        (name === 'page' && value === '1') ||
        (name === 'sort' && value === usualSort)
      return isUsual ? [] : [[name, value]]
    })
    setParams(entries, { replace: true })
  }
  return [state, change]
}

export function searchOf({
  text,
  tag,
  value,
  state,
  spec,
  usage,
  origin,
  sort,
  page,
}: ListState): KeySearch {
  // A value of no tag is nothing to look for.
  return {
    text,
    tag,
    tag_value: tag === '' ? '' : value,
    state,
    spec,
    usage,
    origin,
    sort,
    offset: (page - 1) * pageSize,
    limit: pageSize,
  }
}
