/** What callers ask about themselves: a token to go on with, their project, themselves. */
import { sealAuthToken } from '../access/auth-token.ts'
import type { ProjectRow, UserRow } from '../domain/rows.ts'
import type { ProjectCommand } from './command.ts'

export type Identity = { readonly project: ProjectRow; readonly user: Pick<UserRow, 'id' | 'name'> }

export type CreateTokenResult = Identity & {
  readonly role: string
  readonly token: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** A token for whoever has just signed in. */
export const createToken: ProjectCommand<Record<never, never>, CreateTokenResult> = {
  name: 'create-token',
  right: 'read',
  run(task) {
    const { project, user, accessKeyId } = task.call.caller
    if (user === null) throw new TypeError('the service itself needs no token')
    const issuedAt = task.now
    const expiresAt = issuedAt + task.settings.authTokenMs
    const content = { userId: user.id, userRevision: user.revision, accessKeyId, issuedAt, expiresAt }
    const token = sealAuthToken(project, content, task.random.bytes)
    return { result: { token, issuedAt, expiresAt, project: project.row, user, role: user.role } }
  },
}

export type WhoAmIInput = { readonly name: string | undefined }

/** The caller's own project and user. @param name a filter that goes through to the answer. */
export const whoAmI: ProjectCommand<WhoAmIInput, Identity & WhoAmIInput> = {
  name: 'who-am-i',
  right: 'read',
  run({ call }, { name }) {
    const { project, user, principal } = call.caller
    return { result: { name, project: project.row, user: user ?? { id: principal, name: principal } } }
  },
}
