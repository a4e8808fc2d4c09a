/** Who may do what in a project. The rights are independent: none implies another. */

export type Right =
  | 'use'
  | 'manage'
  | 'import'
  | 'delete'
  | 'read'
  /** Read the audit log. */
  | 'audit'
  /**
   * See the records of unknown callers that belong to no project, in the deployment's first
   * project.
   */
  | 'strangers'
  /** See who has access. */
  | 'people'
  /** Create and delete one's own access keys. */
  | 'credentials'
  /** Change one's own password, sign out. */
  | 'self'
export type Role = 'admin' | 'key-manager' | 'key-user' | 'auditor' | 'new-password'

export const roles: Readonly<Record<Role, readonly Right[]>> = {
  admin: [
    'use',
    'manage',
    'import',
    'delete',
    'read',
    'audit',
    'strangers',
    'people',
    'credentials',
    'self',
  ],
  'key-manager': ['manage', 'import', 'delete', 'read', 'audit', 'credentials', 'self'],
  'key-user': ['use', 'read', 'credentials', 'self'],
  auditor: ['read', 'audit', 'people', 'self'],
  /**
   * Assigned to nobody: what remains of any role when a password vouches for its user, until the
   * initial password is replaced.
   */
  'new-password': ['self'],
}

/**
 * Whether grants can give a caller of this role more than the role itself does: a console session
 * that waits for a new password gets nothing else.
 */
export function roleTakesGrants(role: string): boolean {
  return Object.hasOwn(roles, role) && role !== 'new-password'
}

/** Deny by default: an unknown role has no right at all. */
export function roleHasRight(role: string, right: Right): boolean {
  return Object.hasOwn(roles, role) && roles[role as Role].includes(right)
}
