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
import { rowDigest, signRow } from '../crypto/row-mac.ts'
import { insertRow } from '../crypto/row-writes.ts'
import type { DeploymentRow } from '../domain/rows.ts'
import { serviceEntry } from '../ports/journal.ts'
import type { Random } from '../ports/random.ts'
import type { Root } from '../ports/root.ts'
import { type DataFolder, writeFileDurably } from '../store/folder.ts'
import type { Hooks } from './hooks.ts'
import { openWriter, type StoreSpec } from './store.ts'
import { formatTenant, makeTenant, parseTenant, tenantRows, text, wipeTenant } from './tenant.ts'

export const bootstrapFile = 'bootstrap.json'
export type FirstStartParts = {
  readonly config: Config
  readonly folder: DataFolder
  readonly root: Root
  readonly store: StoreSpec
  readonly hooks: Hooks
}

/** Does all of it. Safe to call again after any crash before its end; not to be called once the rows are there. @returns the root key. */
export async function firstStart({ config, folder, root, store: spec, hooks }: FirstStartParts): Promise<KeyObject> {
  const { clock, random, failpoint } = hooks
  const deployment = random.bytes(16).toHex()
  const { rootKey, slot } = await root.create(deployment)
  failpoint('first-start:root-made')
  const known = folder.read(bootstrapFile)
  const { region } = config
  const tenant =
    known === undefined
      ? makeTenant({ endpoint: endpointOf(config), region, name: region }, random)
      : parseTenant(known, bootstrapFile)
  if (known === undefined) writeFileDurably(folder.file(bootstrapFile), formatTenant(tenant))
  known?.fill(0)
  failpoint('first-start:files-written')
  const deploymentRow = newDeployment(rootKey, deployment, clock.now(), random)
  const keyring = new Keyring(rootKey, deploymentRow)
  const writes = [
    insertSigned(deploymentRow),
    insertRow(keyring.rowMac, 'rootSlots', slot),
    ...(await tenantRows(keyring, tenant, clock.now(), random)),
  ]
  wipeTenant(tenant)
  const time = clock.now()
  const store = await openWriter(spec, failpoint)
  const log = new NodeLog(deployment, keyring.rowMac, firstHead(keyring.rowMac, random.bytes(4).toHex(), time))
  const requestId = random.bytes(16).toHex()
  const project = text(tenant.project_id)
  const entry = serviceEntry({ requestId, operation: 'first-start', project, principal: 'holdfast' })
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

/** Where clients reach a server of this configuration. */
export function endpointOf({ publicUrl, tls, host, port }: Config): string {
  return publicUrl ?? `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
