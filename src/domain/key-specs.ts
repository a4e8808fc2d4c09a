/** What a key can be: one row a spec. Below this lookup, code takes the row and never lists names again. */

export type KeySpecName = 'AES_256'
export type KeyUsage = 'ENCRYPT_DECRYPT'
export type Origin = 'made-here' | 'external'

export type KeySpec = {
  readonly name: KeySpecName
  readonly kind: 'symmetric'
  readonly usages: readonly KeyUsage[]
  /** Length of its material. */
  readonly materialBytes: number
  /** Suite of the sealed envelope: see docs/ciphertext-format.md. */
  readonly suite: 1 | 2
}

export const keySpecs: Readonly<Record<KeySpecName, KeySpec>> = {
  AES_256: { name: 'AES_256', kind: 'symmetric', usages: ['ENCRYPT_DECRYPT'], materialBytes: 32, suite: 1 },
}

/** The spec of a stored key. @throws TypeError for a name that no row has: only a damaged row could hold it. */
export function keySpec(name: string): KeySpec {
  const spec = Object.hasOwn(keySpecs, name) ? keySpecs[name as KeySpecName] : undefined
  if (spec === undefined) throw new TypeError(`no key spec is named ${name}`)
  return spec
}
