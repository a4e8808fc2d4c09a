/**
 * The first start: a root key, a project, an admin user and an access key. Crash-safe: the files come first, each whole on the
 * disk, then one transaction; a start that finds the files without the rows goes on from them.
 */
import type { KeyObject } from 'node:crypto'
import { firstHead, NodeLog } from '../audit/log.ts'
import { TimeKeeper } from '../cluster/time-keeper.ts'
import { Writer } from '../cluster/writer.ts'
import type { Config } from '../config.ts'
import { Keyring } from '../crypto/keyring.ts'
import { purposes } from '../crypto/labels.ts'
import { hashPassword } from '../crypto/password.ts'
import { rowDigest, signRow } from '../crypto/row-mac.ts'
import type { DeploymentRow } from '../domain/rows.ts'
import { insertRow } from '../engine/changes.ts'
import type { Random } from '../ports/random.ts'
import type { Root } from '../ports/root.ts'
import { type DataFolder, writeFileDurably } from '../store/folder.ts'
import { SqliteWriter } from '../store/sqlite/writer.ts'
import type { Hooks } from './hooks.ts'

export const bootstrapFile = 'bootstrap.json'
const passwordSaltBytes = 16
const upperCaseAndDigits = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')
const lettersAndDigits = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')

/** Fields of bootstrap.json in their order; the last four are the ones that must not be shown around. */
const fieldNames = [
  'endpoint',
  'region',
  'project_id',
  'project_name',
  'domain_id',
  'account_id',
  'user_name',
  'password',
  'access_key',
  'secret_key',
] as const
type FieldName = (typeof fieldNames)[number]
/** Values as bytes: two of them are secrets, and a secret is never a string. */
type Bootstrap = Readonly<Record<FieldName, Uint8Array>>

export type FirstStartParts = {
  readonly config: Config
  readonly folder: DataFolder
  readonly root: Root
  readonly databaseFile: string
  readonly hooks: Hooks
}

/** Does all of it. Safe to call again after any crash before its end; not to be called once the rows are there. @returns the root key. */
export async function firstStart({ config, folder, root, databaseFile, hooks }: FirstStartParts): Promise<KeyObject> {
  const { clock, random, failpoint } = hooks
  const deployment = random.bytes(16).toHex()
  const { rootKey, slot } = await root.create(deployment)
  failpoint('first-start:root-made')
  const known = folder.read(bootstrapFile)
  const bootstrap = known === undefined ? makeBootstrap(config, random) : parseBootstrap(known)
  if (known === undefined) writeFileDurably(folder.file(bootstrapFile), formatBootstrap(bootstrap))
  known?.fill(0)
  failpoint('first-start:files-written')
  const deploymentRow = newDeployment(rootKey, deployment, clock.now(), random)
  const keyring = new Keyring(rootKey, deploymentRow)
  const writes = [
    insertSigned(deploymentRow),
    insertRow(keyring.rowMac, 'rootSlots', slot),
    ...(await tenantRows(keyring, bootstrap, clock.now(), random)),
  ]
  bootstrap.password.fill(0)
  bootstrap.secret_key.fill(0)
  const time = clock.now()
  const store = new SqliteWriter(databaseFile, failpoint)
  const log = new NodeLog(deployment, keyring.rowMac, firstHead(keyring.rowMac, random.bytes(4).toHex(), time))
  const nothing = {
    signatureDigest: null,
    keyId: null,
    keyRevision: null,
    materialVersion: null,
    contextDigest: null,
    detail: null,
  }
  const entry = {
    ...nothing,
    requestId: random.bytes(16).toHex(),
    dialect: 'service',
    operation: 'first-start',
    project: text(bootstrap.project_id),
    principal: 'holdfast',
    source: 'local',
    outcome: 'ok',
    tries: 1,
    count: 1,
  }
  const { receipts } = await new Writer({ store, log, time: new TimeKeeper(clock, time), failpoint }).write([
    { entry, guards: [], notAfter: null, writes, erases: false },
  ])
  store.close()
  if (receipts[0] !== 'recorded') throw new Error(`the first start could not be recorded: ${receipts[0]}`)
  return rootKey
}

function newDeployment(rootKey: KeyObject, id: string, createdAt: number, random: Random): DeploymentRow {
  const rootGeneration = 1
  const { sealed, key } = Keyring.sealRowMacKey(rootKey, id, rootGeneration, random.bytes)
  return signRow(key, 'deployments', { id, createdAt, rootGeneration, sealedRowMacKey: sealed }, 1)
}

function insertSigned(row: DeploymentRow) {
  return { table: 'deployments' as const, id: row.id, expected: 0, row, digest: rowDigest('deployments', row) }
}

/** The project with its keys, its admin, and the admin's access key. */
async function tenantRows(keyring: Keyring, bootstrap: Bootstrap, createdAt: number, random: Random) {
  const projectId = text(bootstrap.project_id)
  const accessKey = text(bootstrap.access_key)
  const userId = random.bytes(16).toHex()
  const { sealed, keys } = keyring.createProject(projectId, random.bytes)
  const passwordHash = await hashPassword(bootstrap.password, random.bytes(passwordSaltBytes))
  return [
    insertRow(keyring.rowMac, 'projects', {
      id: projectId,
      name: text(bootstrap.project_name),
      domainId: text(bootstrap.domain_id),
      accountId: text(bootstrap.account_id),
      region: text(bootstrap.region),
      ...sealed,
      createdAt,
    }),
    insertRow(keyring.rowMac, 'users', {
      id: userId,
      projectId,
      name: text(bootstrap.user_name),
      passwordHash,
      passwordIsInitial: 1,
      role: 'admin',
      disabled: 0,
      createdAt,
    }),
    insertRow(keyring.rowMac, 'accessKeys', {
      id: accessKey,
      userId,
      projectId,
      sealedSecret: keys.sealer.seal(
        purposes.accessKeySecret,
        { project: projectId, accessKey },
        bootstrap.secret_key,
        random.bytes,
      ),
      disabled: 0,
      createdAt,
    }),
  ]
}

function makeBootstrap(config: Config, random: Random): Bootstrap {
  const scheme = config.tls === undefined ? 'http' : 'https'
  const host = config.host.includes(':') ? `[${config.host}]` : config.host
  return {
    endpoint: Buffer.from(`${scheme}://${host}:${config.port}`),
    region: Buffer.from(config.region),
    project_id: Buffer.from(random.bytes(16).toHex()),
    project_name: Buffer.from(config.region),
    domain_id: Buffer.from(random.bytes(16).toHex()),
    account_id: characters(random, Buffer.from('0123456789'), 12),
    user_name: Buffer.from('admin'),
    password: characters(random, lettersAndDigits, 24),
    access_key: characters(random, upperCaseAndDigits, 20),
    secret_key: characters(random, lettersAndDigits, 40),
  }
}

/** Evenly drawn characters: a byte that would favour the first ones is drawn again. */
function characters(random: Random, alphabet: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count)
  const even = 256 - (256 % alphabet.length)
  for (let i = 0; i < count; ) {
    const drawn = random.bytes(1)[0] ?? 0
    if (drawn < even) out[i++] = alphabet[drawn % alphabet.length] ?? 0
  }
  return out
}

/** JSON, put together from bytes. No value holds a character that JSON would escape. */
function formatBootstrap(bootstrap: Bootstrap): Uint8Array {
  const lines = fieldNames.map((name, i) => [
    Buffer.from(`  "${name}": "`),
    bootstrap[name],
    Buffer.from(i === fieldNames.length - 1 ? '"\n' : '",\n'),
  ])
  return Buffer.concat([Buffer.from('{\n'), ...lines.flat(), Buffer.from('}\n')])
}

/** Reads what `formatBootstrap` wrote, without making strings of it. @throws Error when a field is missing. */
function parseBootstrap(content: Buffer): Bootstrap {
  const fields = fieldNames.map((name) => {
    const start = content.indexOf(`"${name}": "`)
    const from = start + name.length + 5
    const to = content.indexOf('"', from)
    if (start < 0 || to < 0)
      throw new Error(
        `${bootstrapFile} is incomplete: ${name} is missing; remove it together with an empty data folder to begin anew`,
      )
    return [name, new Uint8Array(content.subarray(from, to))]
  })
  return Object.fromEntries(fields) as Bootstrap
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
