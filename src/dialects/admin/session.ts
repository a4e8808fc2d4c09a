/**
 * The session of a console: who is signed in, sign-out, changing the password. Sign-in itself is in
 * sign-in.ts.
 */
import Type from 'typebox'
import { sessionCookie, sessionCookieOf } from '../../access/schemes/sessions.ts'
import { operation } from '../../api/operation.ts'
import {
  changeOwnPassword,
  describeSession,
  endSession,
  type SessionView,
  type StartedSession,
} from '../../engine/access/sessions.ts'
import { sessionAnswer } from './answers.ts'
import { flag, nothing, text } from './fields.ts'

export function sessionBody({
  user,
  project,
  mustChangePassword,
  csrfToken,
  expiresAt,
  idleMs,
}: SessionView): object {
  const { id, name, domainId, accountId, region } = project
  return {
    user: { id: user.id, name: user.name, role: user.role },
    project: { id, name, domain_id: domainId, account_id: accountId, region },
    must_change_password: mustChangePassword,
    csrf_token: csrfToken,
    expires_at: expiresAt,
    idle_minutes: idleMs / 60_000,
  }
}

/** The browser keeps it until it is closed; the server ends it earlier. */
export function sessionHeaders({ token }: StartedSession): readonly string[] {
  return ['Set-Cookie', sessionCookieOf(token)]
}

const forgotten = [
  'Set-Cookie',
  `${sessionCookie}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`,
] as const

export const sessionOperations = {
  describe: operation({
    fields: Type.Object({}),
    answer: sessionAnswer,
    command: describeSession,
    read: () => ({}),
    write: sessionBody,
  }),
  end: operation({
    fields: Type.Object({}),
    answer: nothing,
    command: endSession,
    read: () => ({}),
    write: () => ({}),
    headers: () => forgotten,
  }),
  changePassword: operation({
    fields: Type.Object({
      current_password: text(1024, 'the current password'),
      new_password: text(1024, 'at least 12 bytes'),
      end_access_keys: Type.Optional(
        flag('whether to delete the access keys of the user as well; otherwise they keep working'),
      ),
    }),
    answer: sessionAnswer,
    command: changeOwnPassword,
    read: ({ current_password, new_password, end_access_keys }) => ({
      endAccessKeys: end_access_keys === true,
      current: new TextEncoder().encode(current_password),
      next: new TextEncoder().encode(new_password),
    }),
    write: sessionBody,
    headers: sessionHeaders,
  }),
}
