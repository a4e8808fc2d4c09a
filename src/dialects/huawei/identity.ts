/** What callers ask IAM about themselves: a token, their project, their user. */
import { sealAuthToken } from '../../access/auth-token.ts'
import { KmsError } from '../../domain/errors.ts'
import type { ProjectRow, UserRow } from '../../domain/rows.ts'
import { type ProjectCommand, userOf } from '../../engine/command.ts'

export type Identity = { readonly project: ProjectRow; readonly user: Pick<UserRow, 'id' | 'name'> }

export type CreateTokenResult = Identity & {
  readonly role: string
  readonly token: string
  /**
   * Both on the wall clock, because clients compare them with their own clocks; the times sealed in
   * the token are on the deciding clock.
   */
  readonly issuedAt: number
  readonly expiresAt: number
}

export type CreateTokenInput = {
  /**
   * When the token that authenticates this call expires, on the deciding clock; null for a password
   * or an access key.
   */
  readonly until: number | null
}

/**
 * A token for a user who has just signed in with an access key, a password that is not the initial
 * one, or another token: in that case it expires no later than that one. A token renews nothing.
 */
export const createToken: ProjectCommand<CreateTokenInput, CreateTokenResult> = {
  name: 'create-token',
  right: 'self',
  run(task, { until }) {
    const { project, user, accessKeyId } = userOf(task.call)
    if (accessKeyId === null && user.passwordIsInitial === 1)
      throw new KmsError(
        'password-initial',
        'an initial password cannot be used to get a token: replace it in the console, or use an access key (method hw_ak_sk)',
      )
    const issuedAt = task.now
    const expiresAt = Math.min(
      issuedAt + task.settings.authTokenMs,
      until ?? Number.POSITIVE_INFINITY,
    )
    const content = {
      userId: user.id,
      userRevision: user.revision,
      accessKeyId,
      issuedAt,
      expiresAt,
    }
    const token = sealAuthToken(project, content, task.random.bytes)
    const shownAt = task.clock.wallNow()
    const shown = { issuedAt: shownAt, expiresAt: shownAt + expiresAt - issuedAt }
    const result = { token, ...shown, project: project.row, user, role: user.role }
    return until === null ? { result } : { result, notAfter: until }
  },
}

export type WhoAmIInput = { readonly name: string | undefined }

/** The caller's own project and user. @param name a filter that is passed through to the answer. */
export const whoAmI: ProjectCommand<WhoAmIInput, Identity & WhoAmIInput> = {
  name: 'who-am-i',
  right: 'read',
  run({ call }, { name }) {
    const { project, user } = userOf(call)
    return { result: { name, project: project.row, user } }
  },
}
