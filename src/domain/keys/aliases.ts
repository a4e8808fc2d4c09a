/**
 * Aliases of keys: names that point at a key and move to another one. They stand beside the name
 * that every key has of its own. Where Huawei says nothing the limits are those of AWS, so that
 * what one dialect writes the other can show. Pure.
 */
import { KmsError } from '../errors.ts'
import type { KeyRow } from '../rows.ts'
import { isAsymmetric, keySpec } from './key-specs.ts'

/** What every alias begins with. */
export const aliasPrefix = 'alias/'
/** Most aliases of one key. */
export const aliasesPerKey = 50
/** Longest alias behind the prefix, in characters. */
export const aliasNameLength = 249

const allowed = new RegExp(`^${aliasPrefix}[a-zA-Z0-9/_-]{1,${aliasNameLength}}$`)
/** Kept by the services whose dialects are spoken here for keys of their own. */
const reserved = /^alias\/(?:aws|hws)\//i

/** Whether it has the form of an alias, reserved or not. */
export function isAliasName(name: string): boolean {
  return allowed.test(name)
}

/** @throws KmsError alias-invalid. */
export function checkAliasName(name: string): void {
  if (!isAliasName(name))
    throw new KmsError(
      'alias-invalid',
      `an alias is ${aliasPrefix} and 1 to ${aliasNameLength} characters out of a-z, A-Z, 0-9 and / _ -`,
    )
  if (reserved.test(name))
    throw new KmsError(
      'alias-invalid',
      'aliases that begin with alias/aws/ or alias/hws/ are reserved',
    )
}

/**
 * What a list of aliases must be before any of them is looked at.
 * @throws KmsError alias-invalid, parameter-invalid, too-many-aliases.
 */
export function checkAliasList(names: readonly string[]): void {
  if (names.length === 0) throw new KmsError('parameter-invalid', 'no alias is named')
  checkAliasCount(names.length)
  names.forEach(checkAliasName)
  if (new Set(names).size < names.length)
    throw new KmsError('parameter-invalid', 'an alias is named twice')
}

/** @param count aliases that the key would have. */
export function checkAliasCount(count: number): void {
  if (count > aliasesPerKey)
    throw new KmsError('too-many-aliases', `a key has at most ${aliasesPerKey} aliases`)
}

/**
 * An alias moves only to a key that can stand in for the one before, as AWS's UpdateAlias has it:
 * of the same usage, and both symmetric, both asymmetric or both HMAC.
 */
export function checkMayMove(name: string, from: Purpose, to: Purpose & Pick<KeyRow, 'id'>): void {
  if (mayStandIn(from, to)) return
  throw new KmsError(
    'alias-target-differs',
    `${name} stands for a key of ${from.spec} (${from.usage}), for which key ${to.id} of ${to.spec} (${to.usage}) cannot stand in`,
  )
}

/** Whether an alias of one key may move to another. */
export function mayStandIn(from: Purpose, to: Purpose): boolean {
  return from.usage === to.usage && family(from) === family(to)
}

type Purpose = Pick<KeyRow, 'spec' | 'usage'>

function family({ spec: name }: Purpose): string {
  const spec = keySpec(name)
  return isAsymmetric(spec) ? 'asymmetric' : spec.kind
}
