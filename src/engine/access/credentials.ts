/** The caller's own access keys, and the other users of the project. */
import { newAccessKey } from '../../access/new-access-key.ts'
import { purposes } from '../../crypto/formats/labels.ts'
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { deleteRow, insertRow, touchRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { KmsError } from '../../domain/errors.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import type { AccessKeyRow, UserRow } from '../../domain/rows.ts'
import { type ProjectCommand, type Task, userOf } from '../command.ts'
import { asPage, inPieces, intactOf } from '../pages.ts'

/** Maximum number of access keys of a user. */
const accessKeysPerUser = 20
const usersListed = 1000

export type AccessKeyView = Pick<AccessKeyRow, 'id' | 'createdAt' | 'disabled'>

export const listOwnAccessKeys: ProjectCommand<Record<never, never>, readonly AccessKeyView[]> = {
  name: 'list-own-access-keys',
  right: 'credentials',
  run: async (task) => ({ result: await ownAccessKeys(task) }),
}

export type NewAccessKey = AccessKeyView & {
  /** Shown this once; the caller wipes it. */
  readonly secret: Uint8Array
}

export type CreateAccessKeyInput = {
  /**
   * Password of the caller; null if none was sent. Ownership passes to this command, which wipes
   * it.
   */
  readonly password: Uint8Array | null
}

/**
 * An access key works until it is deleted, a session or a token for hours: so a caller with one of
 * the latter must enter the password again. The user's row is among the writes, so that concurrent
 * creations each count the ones before them; changing it ends the user's tokens.
 */
export const createOwnAccessKey: ProjectCommand<CreateAccessKeyInput, NewAccessKey> = {
  name: 'create-own-access-key',
  right: 'credentials',
  async run(task, { password }) {
    const { project } = task.call.caller
    const user = await confirmedUser(task, password)
    if ((await ownAccessKeys(task)).length >= accessKeysPerUser)
      throw new KmsError(
        'too-many-access-keys',
        `a user has at most ${accessKeysPerUser} access keys; delete one first`,
      )
    const { id: name, secret } = newAccessKey(task.random)
    const id = Buffer.from(name).toString()
    const projectId = project.row.id
    const row = insertRow(task.rowMac, 'accessKeys', {
      id,
      userId: user.id,
      projectId,
      sealedSecret: project.keys.sealer.seal(
        purposes.accessKeySecret,
        { project: projectId, accessKey: id },
        secret,
        task.random.bytes,
      ),
      disabled: 0,
      createdAt: task.now,
    })
    const writes = [row, touchRow(task.rowMac, 'users', user)]
    return { result: { id, createdAt: task.now, disabled: 0, secret }, writes, secret }
  },
}

/** Disables an access key, at once and until it is enabled again. */
export const setOwnAccessKey: ProjectCommand<
  { readonly id: string; readonly disabled: boolean },
  AccessKeyView
> = {
  name: 'set-own-access-key',
  right: 'credentials',
  async run(task, { id, disabled }) {
    const row = await ownAccessKey(task, id)
    const updated = updateRow(task.rowMac, 'accessKeys', row, { disabled: disabled ? 1 : 0 })
    return { result: updated.row, writes: [updated] }
  },
}

export const deleteOwnAccessKey: ProjectCommand<{ readonly id: string }, null> = {
  name: 'delete-own-access-key',
  right: 'credentials',
  async run(task, { id }) {
    return {
      result: null,
      writes: [deleteRow('accessKeys', await ownAccessKey(task, id))],
      erases: true,
    }
  },
}

export type Person = Pick<UserRow, 'id' | 'name' | 'role' | 'disabled' | 'createdAt'>

export const listPeople: ProjectCommand<Record<never, never>, readonly Person[]> = {
  name: 'list-people',
  right: 'people',
  async run(task) {
    const rows = await task.reader.rowsWhere(
      'users',
      'projectId',
      task.call.caller.project.row.id,
      usersListed,
    )
    const intact = await intactOf(task.rowMac, 'users', rows)
    const people = intact.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return asPage<readonly Person[]>(people, intact.length < rows.length)
  },
}

/** The caller's user, after checking the password unless an access key vouches for them. */
async function confirmedUser(
  { call, passwords }: Task,
  password: Uint8Array | null,
): Promise<UserRow> {
  const caller = userOf(call)
  const { user, accessKeyId } = caller
  using _password = Wiped.of(password ?? undefined)
  if (accessKeyId !== null) return user
  if (password === null)
    throw new KmsError(
      'parameter-missing',
      'creating an access key from a session or with a token requires the password of the user',
    )
  if (await passwords.confirms(caller, user, password)) return user
  throw new KmsError('password-wrong', 'the password is wrong')
}

/** All access keys of the caller's user, oldest first; each verified. */
export async function ownAccessKeys({
  reader,
  rowMac,
  call,
}: Task): Promise<readonly AccessKeyRow[]> {
  const rows = await reader.rowsWhere('accessKeys', 'userId', userOf(call).user.id, 1000)
  await inPieces(rows, (piece) => {
    for (const row of piece) verifyRow(rowMac, 'accessKeys', row)
    return piece
  })
  return rows.toSorted((a, b) => a.createdAt - b.createdAt)
}

/** Another user's access key is indistinguishable from one that does not exist. */
async function ownAccessKey({ reader, rowMac, call }: Task, id: string): Promise<AccessKeyRow> {
  const row = await reader.row('accessKeys', id)
  if (row === undefined || row.userId !== userOf(call).user.id)
    throw new KmsError('access-key-not-found', 'this user has no such access key')
  verifyRow(rowMac, 'accessKeys', row)
  return row
}
