/**
 * Tags of keys: names with values, to sort keys by. The limits are those that hold for AWS and are
 * not below Huawei's, so that what one dialect writes the other can show. Pure.
 */
import { KmsError } from '../errors.ts'
import { isText } from '../rules.ts'

export type Tag = { readonly name: string; readonly value: string }
/** A tag to look for: its name and, unless there are none, one of these values. */
export type TagFilter = { readonly name: string; readonly values: readonly string[] }

/** Most tags of one key. */
export const tagsPerKey = 50
/** Longest name and value, in characters. */
export const tagNameLength = 128
export const tagValueLength = 256

/** Letters and digits of any script, blanks, and some signs. */
const allowed = /^[\p{L}\p{M}\p{N}\p{Zs}_.:/=+@-]*$/u
/** Kept by the services whose dialects are spoken here for tags of their own. */
const reserved = /^(?:aws:|_sys_)/i

const length = (text: string): number => [...text].length

/** @throws KmsError tag-name-invalid, tag-name-too-long, tag-value-invalid, tag-value-too-long. */
export function checkTag({ name, value }: Tag): void {
  checkTagName(name)
  if (!isText(value) || !allowed.test(value))
    throw new KmsError(
      'tag-value-invalid',
      'a tag’s value is letters, digits, blanks and _ . : / = + @ -',
    )
  if (length(value) > tagValueLength)
    throw new KmsError(
      'tag-value-too-long',
      `a tag’s value is at most ${tagValueLength} characters`,
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
      'a tag’s key is letters, digits, blanks inside and _ . : / = + @ -, and begins neither with aws: nor with _sys_',
    )
  if (length(name) > tagNameLength)
    throw new KmsError('tag-name-too-long', `a tag’s key is at most ${tagNameLength} characters`)
}

/**
 * What a list of tags must be before any of them is looked at.
 * @throws KmsError tags-empty, tags-repeat, too-many-tags.
 */
export function checkTagList(names: readonly string[]): void {
  if (names.length === 0) throw new KmsError('tags-empty', 'no tag is named')
  if (names.length > tagsPerKey)
    throw new KmsError('too-many-tags', `a key has at most ${tagsPerKey} tags`)
  if (new Set(names).size < names.length)
    throw new KmsError('tags-repeat', 'a tag’s key is named twice')
}

/** @param count tags that the key would have. */
export function checkTagCount(count: number): void {
  if (count > tagsPerKey)
    throw new KmsError('too-many-tags', `a key has at most ${tagsPerKey} tags`)
}
