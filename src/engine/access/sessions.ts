/** Console sessions: sign in, who am I, sign out, and changing the password. */
import { sealedHash } from '../../access/password-hashes.ts'
import { csrfTokenOf, sealSessionToken } from '../../access/session-token.ts'
import { deleteRow, insertRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { checkPassword } from '../../domain/access/passwords.ts'
import { KmsError } from '../../domain/errors.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import type { ProjectRow, RowWrite, SessionRow, UserRow } from '../../domain/rows.ts'
import { type ProjectCommand, type Task, userOf } from '../command.ts'
import { ownAccessKeys } from './credentials.ts'

/** Maximum number of concurrent sessions of a user; the oldest ends when one more begins. */
const sessionsPerUser = 50
const longestAgent = 200

export type SessionView = {
  readonly user: Pick<UserRow, 'id' | 'name' | 'role'>
  readonly project: ProjectRow
  /** Whether the initial password has yet to be replaced: until then nothing else is allowed. */
  readonly mustChangePassword: boolean
  readonly csrfToken: string | null
  /** Milliseconds since 1970; null for a caller without a session. */
  readonly expiresAt: number | null
  /** Idle timeout of the session. */
  readonly idleMs: number
}

export type StartedSession = SessionView & { readonly token: string }

/** For a user whose password was right. */
export const startSession: ProjectCommand<{ readonly agent: string }, StartedSession> = {
  name: 'start-session',
  right: 'self',
  async run(task, { agent }) {
    const { user } = userOf(task.call)
    const standing = await sessionsOf(task, user)
    const ended = standing
      .slice(0, Math.max(0, standing.length - sessionsPerUser + 1))
      .map((row) => deleteRow('sessions', row))
    const { write, session } = newSession(task, user, agent)
    return { result: session, writes: [...ended, write] }
  },
}

/** Describes the caller, however they authenticated. */
export const describeSession: ProjectCommand<Record<never, never>, SessionView> = {
  name: 'describe-session',
  right: 'self',
  async run(task) {
    const { sessionId } = userOf(task.call)
    const row = sessionId === null ? undefined : await task.reader.row('sessions', sessionId)
    return { result: viewOf(task, userOf(task.call).user, row) }
  },
}

export const endSession: ProjectCommand<Record<never, never>, null> = {
  name: 'end-session',
  right: 'self',
  async run(task) {
    const { sessionId } = userOf(task.call)
    const row = sessionId === null ? undefined : await task.reader.row('sessions', sessionId)
    return { result: null, writes: row === undefined ? [] : [deleteRow('sessions', row)] }
  },
}

/** Ends a session whose time is over. */
export const endExpiredSession: ProjectCommand<{ readonly sessionId: string }, null> = {
  name: 'end-expired-session',
  right: 'self',
  async run(task, { sessionId }) {
    const row = await task.reader.row('sessions', sessionId)
    if (row === undefined || task.now < row.expiresAt)
      throw new KmsError('session-ended', 'the session is not due to end')
    return { result: null, writes: [deleteRow('sessions', row)] }
  },
}

export type ChangePasswordInput = {
  /** Ownership of both passes to this command, which wipes them. */
  readonly current: Uint8Array
  readonly next: Uint8Array
  /** Whether the user's access keys are ended, too. */
  readonly endAccessKeys: boolean
}

/**
 * Ends every session and token of the user, and their access keys if requested, and begins another
 * session.
 */
export const changeOwnPassword: ProjectCommand<ChangePasswordInput, StartedSession> = {
  name: 'change-own-password',
  right: 'self',
  async run(task, { current, next, endAccessKeys }) {
    const caller = userOf(task.call)
    const { user } = caller
    using _passwords = Wiped.each([current, next])
    checkPassword(next, user.name)
    if (!(await task.passwords.confirms(caller, user, current)))
      throw new KmsError('password-wrong', 'the current password is wrong')
    if (Buffer.compare(current, next) === 0)
      throw new KmsError('password-invalid', 'the new password is the same as the current one')
    const hash = await task.passwords.hash(user, next)
    const { keys } = task.call.caller.project
    const kept = sealedHash(keys, user, hash, task.random.bytes)
    const updated = updateRow(task.rowMac, 'users', user, { ...kept, passwordIsInitial: 0 })
    const standing = await sessionsOf(task, user)
    const agent = standing.find(({ id }) => id === caller.sessionId)?.agent ?? ''
    const { write, session } = newSession(task, updated.row, agent)
    const ended = endAccessKeys
      ? (await ownAccessKeys(task)).map((row) => deleteRow('accessKeys', row))
      : []
    const writes = [updated, ...standing.map((row) => deleteRow('sessions', row)), write, ...ended]
    return { result: session, writes, erases: ended.length > 0 }
  },
}

async function sessionsOf({ reader }: Task, user: UserRow): Promise<SessionRow[]> {
  const found = await reader.rowsWhere('sessions', 'userId', user.id, 1000)
  return found.toSorted((a, b) => a.createdAt - b.createdAt)
}

function newSession(
  task: Task,
  user: UserRow,
  agent: string,
): { write: RowWrite; session: StartedSession } {
  const { project } = task.call.caller
  const id = task.random.bytes(16).toHex()
  const write = insertRow(task.rowMac, 'sessions', {
    id,
    userId: user.id,
    projectId: project.row.id,
    source: task.call.source,
    agent: agent.slice(0, longestAgent),
    createdAt: task.now,
    expiresAt: task.now + task.settings.sessionMs,
  })
  const token = sealSessionToken(project, { sessionId: id, seenAt: task.now }, task.random.bytes)
  return { write, session: { ...viewOf(task, user, write.row), token } }
}

function viewOf(
  { call, settings }: Task,
  user: UserRow,
  session: SessionRow | undefined,
): SessionView {
  return {
    user,
    project: call.caller.project.row,
    mustChangePassword: user.passwordIsInitial === 1,
    csrfToken: session === undefined ? null : csrfTokenOf(session.id),
    expiresAt: session?.expiresAt ?? null,
    idleMs: settings.sessionIdleMs,
  }
}
