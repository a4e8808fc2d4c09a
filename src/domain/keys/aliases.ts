/**
 * Aliases of keys: names that point at a key and can move to another one. They exist in addition to
 * the name that every key has of its own. Where Huawei specifies nothing, the limits are those of
 * AWS, so that one dialect can show what another writes. Pure.
 */
import { KmsError } from '../errors.ts'
import type { KeyRow } from '../rows.ts'
import { isAsymmetric, keySpec } from './key-specs.ts'

/** The prefix of every alias. */
export const aliasPrefix = 'alias/'
/** Maximum number of aliases of one key. */
export const aliasesPerKey = 50
/** Longest alias after the prefix, in characters. */
export const aliasNameLength = 249

const allowed = new RegExp(`^${aliasPrefix}[a-zA-Z0-9/_-]{1,${aliasNameLength}}$`)
/** Reserved by the services whose dialects are supported here for keys of their own. */
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
      `an alias must be ${aliasPrefix} and 1 to ${aliasNameLength} characters from a-z, A-Z, 0-9 and / _ -`,
    )
  if (reserved.test(name))
    throw new KmsError(
      'alias-invalid',
      'aliases that begin with alias/aws/ or alias/hws/ are reserved',
    )
}

/**
 * Checks a list of aliases before any of them is looked up.
 * @throws KmsError alias-invalid, parameter-invalid, too-many-aliases.
 */
export function checkAliasList(names: readonly string[]): void {
  if (names.length === 0) throw new KmsError('parameter-invalid', 'aliases must not be empty')
  checkAliasCount(names.length)
  names.forEach(checkAliasName)
  if (new Set(names).size < names.length)
    throw new KmsError('parameter-invalid', 'aliases must not contain duplicates')
}

/** @param count aliases that the key would have. */
export function checkAliasCount(count: number): void {
  if (count > aliasesPerKey)
    throw new KmsError('too-many-aliases', `a key has at most ${aliasesPerKey} aliases`)
}

/**
 * An alias moves only to a key that can replace the previous one, under the rule of AWS's
 * UpdateAlias: same usage, and both symmetric, both asymmetric or both HMAC.
 */
export function checkMayMove(name: string, from: Purpose, to: Purpose & Pick<KeyRow, 'id'>): void {
  if (mayStandIn(from, to)) return
  throw new KmsError(
    'alias-target-differs',
    `${name} points at a key of ${from.spec} (${from.usage}), which key ${to.id} of ${to.spec} (${to.usage}) cannot replace`,
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
