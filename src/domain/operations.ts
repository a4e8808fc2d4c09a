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
])
