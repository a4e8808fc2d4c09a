/** What each simulation begins with: the same deployment, with one project and two users. */
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { insertRow } from '../../src/crypto/formats/row-writes.ts'
import { Keyring } from '../../src/crypto/keyring.ts'
import { absent, type RowWrite } from '../../src/domain/rows.ts'
import { makeProject, projectRows, text } from '../../src/server/commands/new-project.ts'
import { insertSigned, newDeployment } from '../../src/server/first-start.ts'
import { beginning } from './clocks.ts'
import { Draws } from './scheduler.ts'

export type Deployment = {
  readonly id: string
  readonly keyring: Keyring
  readonly rows: readonly RowWrite[]
  readonly projectId: string
  /** A user who may do everything. */
  readonly adminId: string
  /** A user who may use keys only through a grant. */
  readonly auditorId: string
}

/** One pair for all imports: the simulation is not about wrapping. */
export const wrappingPair = generateKeyPairSync('x25519')

async function make(): Promise<Deployment> {
  const random = new Draws(0)
  const rootKey = createSecretKey(random.bytes(32))
  const id = random.bytes(16).toHex()
  const deployment = newDeployment(rootKey, id, beginning, random)
  const keyring = new Keyring(rootKey, deployment)
  const { rowMac } = keyring
  const place = { endpoint: 'http://localhost', region: 'r', name: 'p' }
  const made = makeProject(place, random)
  const rows = await projectRows(keyring, made, beginning, random)
  const projectId = text(made.project_id)
  const adminId = random.bytes(16).toHex()
  const auditorId = random.bytes(16).toHex()
  const user = {
    projectId,
    passwordHash: '',
    passwordIsInitial: 0,
    disabled: 0,
    createdAt: beginning,
    sealedPasswordHash: null,
  }
  const users = [
    insertRow(rowMac, 'users', { id: adminId, name: 'manager', role: 'admin', ...user }),
    insertRow(rowMac, 'users', { id: auditorId, name: 'auditor', role: 'auditor', ...user }),
  ]
  const all = [insertSigned(deployment), ...rows, ...users, firstFloor(id, keyring)]
  return { id, keyring, rows: all, projectId, adminId, auditorId }
}

/** Time has begun, in the log of a node that is gone. */
function firstFloor(deployment: string, { rowMac }: Keyring): RowWrite {
  const log = new NodeLog(deployment, rowMac, firstHead(rowMac, 'f'.repeat(16), beginning))
  const { head } = log.ending(beginning)
  return { table: 'ledgers', id: head.id, expected: 0, from: absent, row: head, digest: null }
}

let made: Promise<Deployment> | undefined

export function deploymentOf(): Promise<Deployment> {
  made ??= make()
  return made
}
