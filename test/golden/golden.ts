/** Golden files, and how their JSON spells values. */
import { readFileSync } from 'node:fs'
import type { CanonicalValue } from '../../src/crypto/formats/canonical.ts'

export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as T
}

export const unhex = (text: string): Uint8Array => Uint8Array.fromHex(text)

/** Values as the golden files write them: bytes are {"hex": "..."}. */
export function untag(value: unknown): CanonicalValue {
  if (Array.isArray(value)) return value.map(untag)
  if (value !== null && typeof value === 'object') return unhex((value as { hex: string }).hex)
  return value as CanonicalValue
}
