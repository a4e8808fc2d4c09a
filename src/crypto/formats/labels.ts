import { checkValueLabel } from '../../domain/material/check-value.ts'

/**
 * Every label that separates one use of a key or hash from another. They never change:
 * test/golden/labels.json.
 */
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

export const labels = {
  envelope: ascii('holdfast/v1/envelope'),
  association: ascii('holdfast/v1/association'),
  checkValue: ascii(checkValueLabel),
  row: 'holdfast/v1/row',
  rowDigest: 'holdfast/v1/row-digest',
  auditRecord: 'holdfast/v1/audit-record',
  logHead: 'holdfast/v1/log-head',
  rootSlot: 'holdfast/v1/root-slot',
  signInCount: 'holdfast/v1/sign-in-count',
  csrf: ascii('holdfast/v1/csrf'),
  rootSlotKeyFile: ascii('holdfast/v1/root-slot-key\n'),
} as const

/**
 * What a sealed envelope holds; the number is in its header. 1 to 15 are sent to clients, 16 and
 * above are stored secrets.
 */
export const purposes = {
  data: 1,
  dataKey: 2,
  dataKeyPair: 3,
  projectKey: 16,
  material: 17,
  accessKeySecret: 18,
  wrappingPrivateKey: 19,
  associationKey: 20,
  rowMacKey: 21,
  importToken: 22,
  authToken: 23,
  sessionToken: 24,
  passwordHash: 25,
} as const

export type Purpose = (typeof purposes)[keyof typeof purposes]
const known: ReadonlySet<number> = new Set(Object.values(purposes))

export function isPurpose(value: number): value is Purpose {
  return known.has(value)
}
