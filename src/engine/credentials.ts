/** Access keys of the caller's own, and who else there is in the project. */
import { newAccessKey } from '../access/new-access-key.ts'
import { purposes } from '../crypto/labels.ts'
import { verifyRow } from '../crypto/row-mac.ts'
import { deleteRow, insertRow, updateRow } from '../crypto/row-writes.ts'
import { KmsError } from '../domain/errors.ts'
import type { AccessKeyRow, UserRow } from '../domain/rows.ts'
import type { ProjectCommand, Task } from './command.ts'

/** Access keys that a user may have. */
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

export const createOwnAccessKey: ProjectCommand<Record<never, never>, NewAccessKey> = {
  name: 'create-own-access-key',
  right: 'credentials',
  async run(task) {
    const { user, project } = task.call.caller
    if ((await ownAccessKeys(task)).length >= accessKeysPerUser)
      throw new KmsError('too-many-access-keys', `a user has at most ${accessKeysPerUser} access keys; delete one first`)
    const { id: name, secret } = newAccessKey(task.random)
    const id = Buffer.from(name).toString()
    const projectId = project.row.id
    const row = insertRow(task.rowMac, 'accessKeys', {
      id,
      userId: (user as UserRow).id,
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
    return { result: { id, createdAt: task.now, disabled: 0, secret }, writes: [row], secret }
  },
}

/** Ends what an access key can do, at once and until it is enabled again. */
export const setOwnAccessKey: ProjectCommand<{ readonly id: string; readonly disabled: boolean }, AccessKeyView> = {
  name: 'set-own-access-key',
  right: 'credentials',
  async run(task, { id, disabled }) {
    const row = await ownAccessKey(task, id)
    const updated = updateRow(task.rowMac, 'accessKeys', row, { disabled: disabled ? 1 : 0 })
    return { result: updated.row as AccessKeyRow, writes: [updated] }
  },
}

export const deleteOwnAccessKey: ProjectCommand<{ readonly id: string }, null> = {
  name: 'delete-own-access-key',
  right: 'credentials',
  async run(task, { id }) {
    return { result: null, writes: [deleteRow('accessKeys', await ownAccessKey(task, id))], erases: true }
  },
}

export type Person = Pick<UserRow, 'id' | 'name' | 'role' | 'disabled' | 'createdAt'>

export const listPeople: ProjectCommand<Record<never, never>, readonly Person[]> = {
  name: 'list-people',
  right: 'people',
  async run(task) {
    const rows = await task.reader.rowsWhere('users', 'projectId', task.call.caller.project.row.id, usersListed)
    for (const row of rows) verifyRow(task.rowMac, 'users', row)
    return { result: rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
  },
}

async function ownAccessKeys({ reader, rowMac, call }: Task): Promise<readonly AccessKeyRow[]> {
  const rows = await reader.rowsWhere('accessKeys', 'userId', (call.caller.user as UserRow).id, 1000)
  for (const row of rows) verifyRow(rowMac, 'accessKeys', row)
  return rows.toSorted((a, b) => a.createdAt - b.createdAt)
}

/** An access key of somebody else answers as one that is not there. */
async function ownAccessKey({ reader, rowMac, call }: Task, id: string): Promise<AccessKeyRow> {
  const row = await reader.row('accessKeys', id)
  if (row === undefined || row.userId !== call.caller.user?.id)
    throw new KmsError('access-key-not-found', 'this user has no such access key')
  verifyRow(rowMac, 'accessKeys', row)
  return row
}
