/**
 * Tags of keys: names with values, for sorting keys. The limits are those of AWS and not below
 * Huawei's, so that one dialect can show what another writes. Pure.
 */
import { KmsError } from '../errors.ts'
import { isText } from '../rules.ts'

export type Tag = { readonly name: string; readonly value: string }
/** A tag to look for: its name and one of these values, or any value if the list is empty. */
export type TagFilter = { readonly name: string; readonly values: readonly string[] }

/** Maximum number of tags of one key. */
export const tagsPerKey = 50
/** Longest name and value, in characters. */
export const tagNameLength = 128
export const tagValueLength = 256

/** Letters and digits of any script, spaces, and some punctuation. */
const allowed = /^[\p{L}\p{M}\p{N}\p{Zs}_.:/=+@-]*$/u
/** Reserved by the services whose dialects are supported here for tags of their own. */
const reserved = /^(?:aws:|_sys_)/i

const length = (text: string): number => [...text].length

/** @throws KmsError tag-name-invalid, tag-name-too-long, tag-value-invalid, tag-value-too-long. */
export function checkTag({ name, value }: Tag): void {
  checkTagName(name)
  if (!isText(value) || !allowed.test(value))
    throw new KmsError(
      'tag-value-invalid',
      'a tag’s value must consist of letters, digits, spaces and _ . : / = + @ -',
    )
  if (length(value) > tagValueLength)
    throw new KmsError(
      'tag-value-too-long',
      `a tag’s value must be at most ${tagValueLength} characters`,
    )
}

export function checkTagName(name: string): void {
  if (
    name.trim() !== name ||
    name === '' ||
    !isText(name) ||
    !allowed.test(name) ||
    reserved.test(name)
  )
    throw new KmsError(
      'tag-name-invalid',
      'a tag’s key must consist of letters, digits, inner spaces and _ . : / = + @ -, and must not begin with aws: or _sys_',
    )
  if (length(name) > tagNameLength)
    throw new KmsError(
      'tag-name-too-long',
      `a tag’s key must be at most ${tagNameLength} characters`,
    )
}

/**
 * Checks a list of tags before any of them is looked up.
 * @throws KmsError tags-empty, tags-repeat, too-many-tags.
 */
export function checkTagList(names: readonly string[]): void {
  if (names.length === 0) throw new KmsError('tags-empty', 'tags must not be empty')
  if (names.length > tagsPerKey)
    throw new KmsError('too-many-tags', `a key has at most ${tagsPerKey} tags`)
  if (new Set(names).size < names.length)
    throw new KmsError('tags-repeat', 'a tag’s key occurs twice')
}

/** @param count tags that the key would have. */
export function checkTagCount(count: number): void {
  if (count > tagsPerKey)
    throw new KmsError('too-many-tags', `a key has at most ${tagsPerKey} tags`)
}
