/** Names of the commands that use a key's material: what "last used" and "calls" of a key mean. */
export const useOperations: ReadonlySet<string> = new Set([
  'encrypt',
  'decrypt',
  'create-data-key',
  'create-data-key-pair',
  'encrypt-data-key',
  'decrypt-data-key',
  'sign',
  'verify',
  'generate-mac',
  'verify-mac',
  'derive-shared-secret',
  're-encrypt',
])

/**
 * A record has one key. Where a call takes from another one, that one stands in the detail: which key, its revision, and what else there is
 * to say of it.
 */
export function sourceKeyDetail(
  { id, revision }: { readonly id: string; readonly revision: number },
  more: string | null,
): string {
  return `source key ${id} at revision ${revision}${more === null ? '' : `, ${more}`}`
}

const sourceKey = /^source key ([0-9a-f-]{36}) at revision /

/** The keys that a record tells of: its own, and the one that the call took from. */
export function keysOf({ keyId, detail }: { readonly keyId: string | null; readonly detail: string | null }): readonly string[] {
  const source = detail === null ? undefined : sourceKey.exec(detail)?.[1]
  return [...new Set([keyId, source])].filter((id) => id !== null && id !== undefined)
}
