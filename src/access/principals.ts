/** Who may call: access keys, their users and projects, opened and verified from their rows. */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { purposes } from '../crypto/formats/labels.ts'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import type { Keyring, ProjectKeys } from '../crypto/keyring.ts'
import type { Role } from '../domain/access/roles.ts'
import { KmsError } from '../domain/errors.ts'
import {
  type AccessKeyRow,
  type ProjectRow,
  type RowReference,
  referenceTo,
  type SessionRow,
  type UserRow,
} from '../domain/rows.ts'
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
 * Loads a row that is known to have reached a revision: an older one that is cached was changed by
 * another node, and a caller would be refused for what it was.
 */
export async function loadSince<V extends { readonly row: { readonly revision: number } }>(
  source: Source<V>,
  id: string,
  revision: number,
): Promise<V | undefined> {
  const found = await source.load(id)
  if (found === undefined || found.row.revision >= revision) return found
  source.drop(id)
  return source.load(id)
}

/**
 * The caller and everything the decision was based on: when the call is recorded, each row in
 * `guards` must still be at the revision given there.
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
  /** The access key that authenticated this caller; null if a password did. */
  readonly accessKeyId: string | null
  /** The session of a console, null for every other caller. */
  readonly sessionId: string | null
  /** A newer token for the session, if one is due. */
  readonly sessionToken: string | null
  /** Whether the signature does not cover the body; the record of the call says so. */
  readonly payloadUnsigned: boolean
}

/** The service itself, when it does due work. */
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
 * One caller object per access key while nothing about it changes: decisions based on it share one
 * list of guards, which is compared by identity.
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
  const guard = referenceTo('accessKeys', accessKey.row)
  return {
    ...caller,
    role: user.row.role,
    accessKeyId: accessKey.row.id,
    guards: [guard, ...caller.guards],
  }
}

/**
 * A user who signed in with a password. An initial password, which others have seen, gives no right
 * except to replace it.
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
    guards: [referenceTo('users', user), referenceTo('projects', project.row)],
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
    guards: [referenceTo('sessions', session), ...caller.guards],
  }
}

/**
 * The service itself, when it does due work: it erases expired material and completes scheduled
 * deletions.
 */
export function serviceCaller(project: LoadedProject): ServiceCaller {
  return {
    kind: 'service',
    principal: 'holdfast',
    role: 'admin',
    project,
    guards: [referenceTo('projects', project.row)],
  }
}
