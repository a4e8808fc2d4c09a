/**
 * Whether a caller may do something, and why. Roles of a project and grants on a key are asked
 * here, and nowhere else.
 */
import type { Grant, Grantee } from '../domain/access/grants.ts'
import { type Right, roleHasRight, roleTakesGrants } from '../domain/access/roles.ts'
import type { KeyRow } from '../domain/rows.ts'
import type { Caller } from './principals.ts'

/** The answer, with its reason. */
export type Verdict =
  | { readonly isAllowed: true; readonly reason: 'role'; readonly grant: null }
  | { readonly isAllowed: true; readonly reason: 'grant'; readonly grant: Grant }
  /**
   * `no-right`: no role of the caller's has the right. `no-key`: for this caller there is no such
   * key.
   */
  | { readonly isAllowed: false; readonly reason: 'no-right' | 'no-key' }

type Asking = Pick<Caller, 'role' | 'principal' | 'project'>
type Target = Pick<KeyRow, 'projectId' | 'deletedAt'>

const byRole: Verdict = { isAllowed: true, reason: 'role', grant: null }
const noRight: Verdict = { isAllowed: false, reason: 'no-right' }
const noKey: Verdict = { isAllowed: false, reason: 'no-key' }

/** What a caller may do in their project, whichever of its keys it is about. */
export function authorize({ role }: Asking, right: Right): Verdict {
  return roleHasRight(role, right) ? byRole : noRight
}

/**
 * What a caller may do with a key: by the right of their role in the key's own project, else by a
 * grant on the key. A key that ended, or of another project without a grant, is one that never was.
 * @param grantOf the grant that lets somebody through, where the key's grants were asked.
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
 * Whether nothing but a grant could let a caller through to a key: its grants are looked up for no
 * other call.
 */
export function needsGrant(
  { role, project }: Asking,
  right: Right,
  { projectId, deletedAt }: Target,
): boolean {
  if (deletedAt !== null || !roleTakesGrants(role)) return false
  return projectId !== project.row.id || !roleHasRight(role, right)
}
