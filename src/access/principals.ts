/** Who may call: access keys, their users and projects, opened and verified from their rows. */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { purposes } from '../crypto/formats/labels.ts'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import type { Keyring, ProjectKeys } from '../crypto/keyring.ts'
import type { Role } from '../domain/access/roles.ts'
import { KmsError } from '../domain/errors.ts'
import type { AccessKeyRow, ProjectRow, RowReference, SessionRow, UserRow } from '../domain/rows.ts'
import type { Source } from '../ports/source.ts'
import type { StoreReader } from '../ports/store.ts'

export type LoadedProject = { readonly row: ProjectRow; readonly keys: ProjectKeys }
export type LoadedUser = { readonly row: UserRow }
export type LoadedSession = { readonly row: SessionRow }
export type LoadedAccessKey = { readonly row: AccessKeyRow; readonly secret: KeyObject }

export type PrincipalSources = {
  readonly accessKeys: Source<LoadedAccessKey>
  readonly users: Source<LoadedUser>
  readonly projects: Source<LoadedProject>
  readonly sessions: Source<LoadedSession>
}

/**
 * Whoever calls, and everything that was decided from: each of `guards` must still stand when the
 * call is recorded.
 */
type Calling = {
  /** ID that survives renaming: the user's, or the name of a part of the service itself. */
  readonly principal: string
  readonly role: Role | string
  readonly project: LoadedProject
  readonly guards: readonly RowReference[]
}

export type UserCaller = Calling & {
  readonly kind: 'user'
  readonly user: UserRow
  /** The access key that vouches for this, null where a password does. */
  readonly accessKeyId: string | null
  /** The session of a console, null for every other caller. */
  readonly sessionId: string | null
  /** A fresher token for the session, when it is time for one. */
  readonly sessionToken: string | null
  /**
   * Whether a signature vouches for this that leaves the body out: the record of the call says so.
   */
  readonly payloadUnsigned: boolean
}

/** The service itself, when what is due is done. */
export type ServiceCaller = Calling & { readonly kind: 'service' }

export type Caller = UserCaller | ServiceCaller

/** Loaders for the sources; each verifies what it read. @throws KmsError stored-record-corrupt. */
export function principalLoaders(
  reader: StoreReader,
  keyring: Keyring,
  projects: () => Source<LoadedProject>,
) {
  return {
    async project(id: string): Promise<LoadedProject | undefined> {
      const row = await reader.row('projects', id)
      return row && { row, keys: keyring.openProject(row) }
    },
    async user(id: string): Promise<LoadedUser | undefined> {
      const row = await reader.row('users', id)
      if (row !== undefined) verifyRow(keyring.rowMac, 'users', row)
      return row && { row }
    },
    async session(id: string): Promise<LoadedSession | undefined> {
      const row = await reader.row('sessions', id)
      if (row !== undefined) verifyRow(keyring.rowMac, 'sessions', row)
      return row && { row }
    },
    async accessKey(id: string): Promise<LoadedAccessKey | undefined> {
      const row = await reader.row('accessKeys', id)
      if (row === undefined) return undefined
      verifyRow(keyring.rowMac, 'accessKeys', row)
      const project = await projects().load(row.projectId)
      const opened = project?.keys.sealer.open(
        purposes.accessKeySecret,
        { project: row.projectId, accessKey: row.id },
        row.sealedSecret,
      )
      if (opened === undefined)
        throw new KmsError('stored-record-corrupt', 'the secret of an access key does not open')
      using secret = opened
      return { row, secret: secret.use((bytes) => createSecretKey(bytes)) }
    },
  }
}

/**
 * One caller an access key, as long as nothing about it changes: what is decided on it is one list,
 * told apart by identity.
 */
const callers = new WeakMap<
  LoadedAccessKey,
  { readonly user: LoadedUser; readonly caller: UserCaller }
>()

export function callerOf(
  accessKey: LoadedAccessKey,
  user: LoadedUser,
  project: LoadedProject,
): UserCaller {
  const known = callers.get(accessKey)
  if (known?.user === user && known.caller.project === project) return known.caller
  const caller = newCaller(accessKey, user, project)
  callers.set(accessKey, { user, caller })
  return caller
}

function newCaller(
  accessKey: LoadedAccessKey,
  user: LoadedUser,
  project: LoadedProject,
): UserCaller {
  const caller = userCaller(user.row, project)
  const guard: RowReference = ['accessKeys', accessKey.row.id, accessKey.row.revision]
  return {
    ...caller,
    role: user.row.role,
    accessKeyId: accessKey.row.id,
    guards: [guard, ...caller.guards],
  }
}

/**
 * A user whom a password vouches for. The first one, which others have seen, gives no right but to
 * replace it.
 */
export function userCaller(user: UserRow, project: LoadedProject): UserCaller {
  return {
    kind: 'user',
    principal: user.id,
    role: user.passwordIsInitial === 1 ? 'new-password' : user.role,
    user,
    accessKeyId: null,
    sessionId: null,
    sessionToken: null,
    payloadUnsigned: false,
    project,
    guards: [
      ['users', user.id, user.revision],
      ['projects', project.row.id, project.row.revision],
    ],
  }
}

/** A user in a console. */
export function sessionCaller(
  session: SessionRow,
  user: UserRow,
  project: LoadedProject,
  sessionToken: string | null,
): UserCaller {
  const caller = userCaller(user, project)
  return {
    ...caller,
    sessionId: session.id,
    sessionToken,
    guards: [['sessions', session.id, session.revision], ...caller.guards],
  }
}

/**
 * The service itself, when what is due is done: erasing what expired, ending what was scheduled to
 * end.
 */
export function serviceCaller(project: LoadedProject): ServiceCaller {
  return {
    kind: 'service',
    principal: 'holdfast',
    role: 'admin',
    project,
    guards: [['projects', project.row.id, project.row.revision]],
  }
}
