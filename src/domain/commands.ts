/**
 * Every command, by its name in audit records, which is the same over every interface, and what
 * kind of command it is. What "last used" means, what a console may read without a trace in its own
 * lists, and what changed a key all follow from here.
 */

/**
 * `use` uses the material of a key. `read` only shows, and decides nothing. `change` changes what
 * is stored. `other` does neither. `declined` is recognised and always refused.
 */
export type CommandKind = 'use' | 'read' | 'change' | 'other' | 'declined'

const kinds = {
  'create-data-key': 'use',
  'create-data-key-pair': 'use',
  decrypt: 'use',
  'decrypt-data-key': 'use',
  'derive-shared-secret': 'use',
  encrypt: 'use',
  'encrypt-data-key': 'use',
  'generate-mac': 'use',
  're-encrypt': 'use',
  sign: 'use',
  verify: 'use',
  'verify-mac': 'use',
  'count-calls': 'read',
  'count-keys': 'read',
  'describe-key': 'read',
  'describe-key-card': 'read',
  'describe-service': 'read',
  'describe-session': 'read',
  'find-key-by-fingerprint': 'read',
  'find-keys-by-tags': 'read',
  'get-key-rotation-status': 'read',
  'get-public-key': 'read',
  'key-activity': 'read',
  'key-quota': 'read',
  'list-aliases': 'read',
  'list-grants': 'read',
  'list-key-stores': 'read',
  'list-key-tags': 'read',
  'list-keys': 'read',
  'list-own-access-keys': 'read',
  'list-people': 'read',
  'list-project-tags': 'read',
  'list-regions': 'read',
  'list-retirable-grants': 'read',
  'list-unfinished-imports': 'read',
  'project-overview': 'read',
  'search-audit': 'read',
  'search-keys': 'read',
  'who-am-i': 'read',
  'associate-alias': 'change',
  'cancel-key-deletion': 'change',
  'change-own-password': 'change',
  'change-tags': 'change',
  'complete-succession': 'change',
  'create-alias': 'change',
  'create-grant': 'change',
  'create-key': 'change',
  'create-own-access-key': 'change',
  'create-successor': 'change',
  'create-token': 'change',
  'delete-aliases': 'change',
  'delete-imported-key-material': 'change',
  'delete-own-access-key': 'change',
  'disable-key': 'change',
  'disable-key-rotation': 'change',
  'discard-import-draft': 'change',
  'drill-backup': 'change',
  'edit-key': 'change',
  'enable-key': 'change',
  'enable-key-rotation': 'change',
  'end-expired-session': 'change',
  'end-import-token': 'change',
  'end-key': 'change',
  'end-session': 'change',
  'expire-key-material': 'change',
  'get-drill-parameters': 'change',
  'get-import-parameters': 'change',
  'import-key-material': 'change',
  'retire-grant': 'change',
  'revoke-grant': 'change',
  'rotate-on-demand': 'change',
  'rotate-on-schedule': 'change',
  'save-import-draft': 'change',
  'schedule-key-deletion': 'change',
  'set-own-access-key': 'change',
  'start-session': 'change',
  'update-key-alias': 'change',
  'update-key-description': 'change',
  'update-key-rotation-interval': 'change',
  'generate-random': 'other',
  'create-access-point': 'declined',
  'create-data-key-capsule': 'declined',
  'create-key-policy': 'declined',
  'create-key-store': 'declined',
  'create-pin': 'declined',
  'decrypt-data-key-capsule': 'declined',
  'delete-access-point': 'declined',
  'delete-key-policy': 'declined',
  'delete-key-store': 'declined',
  'describe-key-policy': 'declined',
  'describe-key-store': 'declined',
  'disable-access-point': 'declined',
  'disable-key-store': 'declined',
  'enable-access-point': 'declined',
  'enable-key-store': 'declined',
  'get-access-point-private-key': 'declined',
  'list-access-points': 'declined',
  'list-key-policies': 'declined',
  'replicate-key': 'declined',
  'update-key-policy': 'declined',
  'update-primary-region': 'declined',
} as const satisfies Readonly<Record<string, CommandKind>>

export type CommandName = keyof typeof kinds

export const commandNames = Object.keys(kinds) as readonly CommandName[]

/**
 * The kind of the command in a record; undefined for what is not a command, such as a call that was
 * refused before its command was known.
 */
export function kindOf(operation: string): CommandKind | undefined {
  return Object.hasOwn(kinds, operation) ? kinds[operation as CommandName] : undefined
}
