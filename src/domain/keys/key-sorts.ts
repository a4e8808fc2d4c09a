/** What a list of keys is sorted by, over every interface. */

/**
 * `expires`, `rotates`, `used` and `drilled` are dates that a key may lack: those without one come
 * last.
 */
export const keySorts = [
  'alias',
  'state',
  'spec',
  'usage',
  'origin',
  'expires',
  'rotates',
  'used',
  'created',
  'drilled',
] as const
export type KeySort = (typeof keySorts)[number]
