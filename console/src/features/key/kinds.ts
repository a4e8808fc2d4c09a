/**
 * What kind of key a spec is, by the domain's own table. A spec that this console does not know
 * counts as none of them.
 */
import { isAsymmetric, type KeySpec, keySpecs } from '../../../../src/domain/keys/key-specs.ts'

/** All specs, in the order of the domain. */
export const specNames: readonly string[] = Object.keys(keySpecs)

export function specOf(name: string): KeySpec | undefined {
  return Object.hasOwn(keySpecs, name) ? keySpecs[name as keyof typeof keySpecs] : undefined
}

export function isPair(name: string): boolean {
  const spec = specOf(name)
  return spec !== undefined && isAsymmetric(spec)
}

/** Whether its keys make and check MACs. */
export function isHmac(name: string): boolean {
  return specOf(name)?.kind === 'hmac'
}
