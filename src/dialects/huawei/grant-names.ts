/**
 * What can be granted, by the names that this API uses. The documentation lists nothing for keys
 * that sign or make MACs.
 */
import type { GrantOperation } from '../../domain/access/grants.ts'

export const grantNames = {
  'create-data-key': 'create-datakey',
  'create-data-key-without-plaintext': 'create-datakey-without-plaintext',
  'encrypt-data-key': 'encrypt-datakey',
  'decrypt-data-key': 'decrypt-datakey',
  'describe-key': 'describe-key',
  'create-grant': 'create-grant',
  'retire-grant': 'retire-grant',
  encrypt: 'encrypt-data',
  decrypt: 'decrypt-data',
  sign: 'sign',
  verify: 'verify',
  'get-public-key': 'get-publickey',
  'generate-mac': 'generate-mac',
  'verify-mac': 'verify-mac',
} as const satisfies Readonly<Record<GrantOperation, string>>

export type GrantName = (typeof grantNames)[GrantOperation]

const operations = new Map(
  Object.entries(grantNames).map(([operation, name]) => [
    name as string,
    operation as GrantOperation,
  ]),
)

/** @returns undefined for what cannot be granted. */
export function grantOperationNamed(name: string): GrantOperation | undefined {
  return operations.get(name)
}
