/**
 * What the writers of this benchmark write: groups of records like those of encrypt-data, decided
 * on the rows of a project, a user, an access key and a key that the database holds.
 */
import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { packed } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { insertRow } from '../../src/crypto/formats/row-writes.ts'
import { type Row, type RowReference, type RowSet, referenceTo } from '../../src/domain/rows.ts'
import type { TableName } from '../../src/domain/tables.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { entryOf, ownSubmission, type Submission } from '../../src/ports/journal.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { Writer } from '../../src/runtime/writer.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { emptyKey } from '../../test/fakes/key-row.ts'

/** What a thread needs to know to write; it crosses into threads. */
export type Scene = {
  readonly url: string
  readonly deployment: string
  readonly rowMac: KeyObject
  readonly project: string
  readonly user: string
  readonly key: string
  readonly guards: readonly RowReference[]
}

export const id = (): string => randomBytes(16).toString('hex')

/** @param url of an empty database. */
export async function makeScene(url: string): Promise<Scene> {
  await migratePostgres(url, { auditLeaf: legacyLeaf, leafGroup: packed })
  const rowMac = createSecretKey(randomBytes(32))
  const [project, user, key] = [id(), id(), randomUUID()]
  const rows = rowsOf(rowMac, { project, user, key })
  const guards = rows.map(({ table, row }) => referenceTo(table, row as Row<TableName>))
  const scene = { url, deployment: id(), rowMac, project, user, key, guards }
  const store = new PostgresWriter(url)
  const { receipts } = await writerOf(scene, store).write([ownSubmission({ writes: rows })])
  store.close()
  if (receipts[0] !== 'recorded') throw new Error(`the rows were not stored: ${receipts[0]}`)
  return scene
}

/** A writer with a log of its own. */
export function writerOf({ rowMac, deployment }: Scene, store: PostgresWriter): Writer {
  const now = systemClock.wallNow()
  const log = new NodeLog(deployment, rowMac, firstHead(rowMac, id(), now))
  return new Writer({ store, log, time: new TimeKeeper(systemClock, now) })
}

/** Endless groups. The lists of guards are one, as they are for calls of one caller on one key. */
export function groups(scene: Scene, size: number): () => readonly Submission[] {
  const many = Array.from({ length: Math.max(4096, size * 4) }, () => submission(scene))
  let at = 0
  return () => {
    if (at + size > many.length) at = 0
    at += size
    return many.slice(at - size, at)
  }
}

function submission({ project, user, key, guards }: Scene): Submission {
  const entry = entryOf({
    requestId: id(),
    signatureDigest: randomBytes(32).toString('hex'),
    dialect: 'huawei',
    operation: 'encrypt-data',
    project,
    principal: user,
    source: '192.0.2.17',
    keyId: key,
    keyRevision: 1,
    materialVersion: 1,
    outcome: 'ok',
  })
  return { entry, guards, notAfter: null, writes: [], erases: false, party: project }
}

function rowsOf(
  rowMac: KeyObject,
  { project, user, key }: Pick<Scene, 'project' | 'user' | 'key'>,
): readonly RowSet<TableName>[] {
  const of = { projectId: project, createdAt: 1 }
  const accessKey = {
    ...{ id: id(), userId: user, sealedSecret: randomBytes(143), disabled: 0 },
    ...of,
  }
  const person = {
    ...{ id: user, name: 'admin', passwordHash: '', passwordIsInitial: 0, role: 'admin' },
    ...{ disabled: 0, sealedPasswordHash: randomBytes(143), ...of },
  }
  const owner = {
    ...{ id: project, name: 'p', domainId: id(), accountId: id(), region: 'r', createdAt: 1 },
    ...{ rootGeneration: 1, sealedProjectKey: randomBytes(143) },
    ...{ sealedAssociationKey: randomBytes(143), sealedRowMacKey: randomBytes(143) },
  }
  const used = { ...emptyKey, id: key, projectId: project, materialVersion: 1 }
  return [
    insertRow(rowMac, 'accessKeys', accessKey),
    insertRow(rowMac, 'users', person),
    insertRow(rowMac, 'projects', owner),
    insertRow(rowMac, 'keys', { ...used, id: key }),
  ]
}
