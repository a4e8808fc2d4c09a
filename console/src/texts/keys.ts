/**
 * The keys of all languages, which are those of the English one, and what every other language has
 * to say.
 */
import type { en } from './en.ts'

/** The same keys, with any text. */
type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> }

/** Without the singular, which not every language has. */
type WithoutSingular<T> = {
  readonly [K in keyof T as K extends `${string}_one` ? never : K]: T[K] extends string
    ? string
    : WithoutSingular<T[K]>
}

export type Words = Texts<typeof en>
export type ChineseWords = WithoutSingular<typeof en>
