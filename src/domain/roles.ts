/** Who may do what in a project. The rights are separate: none implies another. */

export type Right = 'use' | 'manage' | 'import' | 'delete' | 'read'
export type Role = 'admin' | 'key-manager' | 'key-user' | 'auditor'

export const roles: Readonly<Record<Role, readonly Right[]>> = {
  admin: ['use', 'manage', 'import', 'delete', 'read'],
  'key-manager': ['manage', 'import', 'delete', 'read'],
  'key-user': ['use', 'read'],
  auditor: ['read'],
}

/** Deny by default: an unknown role has no right at all. */
export function roleHasRight(role: string, right: Right): boolean {
  return Object.hasOwn(roles, role) && roles[role as Role].includes(right)
}
