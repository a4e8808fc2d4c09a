/**
 * What a typed word of the audit page means: names that its table shows, in either language, and
 * the names that the log itself has.
 */
import { mayStandForId } from '../../../../src/domain/short-ids.ts'

/** Something that records have, by the word of the API, with all that it is called. */
export type Named = { readonly id: string; readonly names: readonly string[] }

/**
 * @property isKnown false where nothing is called so; then the text itself is looked for, in case
 * the log has it.
 */
export type Meaning = { readonly ids: readonly string[]; readonly isKnown: boolean }

/**
 * What a text means among what there is: what is called exactly so; else what has it in its name.
 * Several may be given, separated by commas. Undefined for a text that is empty.
 */
export function meaningOf(
  text: string,
  all: readonly Named[],
  isPlausible: (text: string) => boolean = () => false,
): Meaning | undefined {
  const parts = text
    .split(/[,，]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) return undefined
  const found = parts.map((part) => named(part, all))
  const ids = parts.flatMap((part, i) => found[i] ?? [part])
  return {
    ids: [...new Set(ids)],
    isKnown: parts.every((part, i) => found[i] !== undefined || isPlausible(part)),
  }
}

/** A caller may be unknown here: then it is an ID, or looks like one. */
export const mayStandForCaller = mayStandForId

function named(text: string, all: readonly Named[]): readonly string[] | undefined {
  const wanted = fold(text)
  const exact = all.filter(({ id, names }) => [id, ...names].some((name) => fold(name) === wanted))
  const found =
    exact.length > 0
      ? exact
      : all.filter(({ id, names }) => [id, ...names].some((name) => fold(name).includes(wanted)))
  return found.length === 0 ? undefined : found.map(({ id }) => id)
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

type Tables = readonly { readonly [key: string]: string }[]

/** Entries of tables that have the same keys, one for each language. */
export function namedBy(tables: Tables): Named[] {
  const ids = new Set(tables.flatMap((table) => Object.keys(table)))
  return [...ids].map((id) => ({ id, names: tables.flatMap((table) => table[id] ?? []) }))
}
