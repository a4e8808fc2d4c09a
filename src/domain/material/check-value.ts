/**
 * What owners compare with their backup: docs/ciphertext-format.md. The caller hashes it with a
 * library of its own.
 */

export const checkValueLabel = 'holdfast/v1/check-value'
/** Bytes of the digest that are shown. */
export const checkValueBytes = 8

/** The input of the SHA-256; the caller wipes it. */
export function checkValueInput(keyId: string, spec: string, material: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${checkValueLabel}\0${keyId}${spec}\0`)
  const input = new Uint8Array(head.length + material.length)
  input.set(head)
  input.set(material, head.length)
  return input
}
