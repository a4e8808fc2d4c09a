/**
 * Whether a caller may do something, and why. Project roles and grants on keys are evaluated here
 * and nowhere else.
 */
import type { Grant, Grantee } from '../domain/access/grants.ts'
import { type Right, roleHasRight, roleTakesGrants } from '../domain/access/roles.ts'
import type { KeyRow } from '../domain/rows.ts'
import type { Caller } from './principals.ts'

/** The decision and its reason. */
export type Verdict =
  | { readonly isAllowed: true; readonly reason: 'role'; readonly grant: null }
  | { readonly isAllowed: true; readonly reason: 'grant'; readonly grant: Grant }
  /**
   * `no-right`: the caller's role lacks the right. `no-key`: for this caller the key does not
   * exist.
   */
  | { readonly isAllowed: false; readonly reason: 'no-right' | 'no-key' }

type Asking = Pick<Caller, 'role' | 'principal' | 'project'>
type Target = Pick<KeyRow, 'projectId' | 'deletedAt'>

const byRole: Verdict = { isAllowed: true, reason: 'role', grant: null }
const noRight: Verdict = { isAllowed: false, reason: 'no-right' }
const noKey: Verdict = { isAllowed: false, reason: 'no-key' }

/** What a caller may do in their project, regardless of the key. */
export function authorize({ role }: Asking, right: Right): Verdict {
  return roleHasRight(role, right) ? byRole : noRight
}

/**
 * What a caller may do with a key: by their role if the key belongs to their project, otherwise by
 * a grant on the key. A deleted key, or one of another project without a grant, is treated as
 * nonexistent.
 * @param grantOf returns the grant that applies, if the key's grants were loaded.
 */
export function authorizeOnKey(
  { role, principal, project }: Asking,
  right: Right,
  key: Target | undefined,
  grantOf?: (who: Grantee) => Grant | undefined,
): Verdict {
  const hasRight = roleHasRight(role, right)
  const isThere = key !== undefined && key.deletedAt === null
  if (isThere && hasRight && key.projectId === project.row.id) return byRole
  const grant =
    isThere && roleTakesGrants(role)
      ? grantOf?.({ principal, domainId: project.row.domainId })
      : undefined
  if (grant !== undefined) return { isAllowed: true, reason: 'grant', grant }
  return hasRight ? noKey : noRight
}

/**
 * Whether only a grant could give a caller access to a key: its grants are looked up for no other
 * call.
 */
export function needsGrant(
  { role, project }: Asking,
  right: Right,
  { projectId, deletedAt }: Target,
): boolean {
  if (deletedAt !== null || !roleTakesGrants(role)) return false
  return projectId !== project.row.id || !roleHasRight(role, right)
}
