/**
 * The first start: a root key, a project, an admin user and an access key. Crash-safe: the files
 * are written first, each durably as a whole, then one transaction; a start that finds the files
 * without the rows continues from them.
 */
import type { KeyObject } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { firstHead, NodeLog } from '../audit/log.ts'
import type { Config } from '../config.ts'
import { rowDigest, signRow } from '../crypto/formats/row-mac.ts'
import { insertRow } from '../crypto/formats/row-writes.ts'
import { Keyring } from '../crypto/keyring.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { absent, type DeploymentRow } from '../domain/rows.ts'
import { firstStartOperation, ownSubmission, serviceEntry } from '../ports/journal.ts'
import { removeUnfinished, writeNewFile } from '../ports/new-files.ts'
import { FileNotPrivate } from '../ports/private-file.ts'
import type { Random } from '../ports/random.ts'
import type { Root } from '../ports/root.ts'
import { TimeKeeper } from '../runtime/time-keeper.ts'
import { Writer } from '../runtime/writer.ts'
import type { DataFolder } from '../store/folder.ts'
import {
  formatNewProject,
  makeProject,
  parseNewProject,
  projectRows,
  text,
  wipeNewProject,
} from './commands/new-project.ts'
import type { Hooks } from './hooks.ts'
import { hostAndPort } from './listening.ts'
import { nodeIdOf } from './node/state.ts'
import { openWriter, type StoreSpec } from './store.ts'

export const bootstrapFile = 'bootstrap.json'
/** Exists while a first start is in progress. */
const markerFile = 'first-start'
export type FirstStartParts = {
  readonly config: Config
  readonly folder: DataFolder
  readonly root: Root
  readonly store: StoreSpec
  readonly hooks: Hooks
}

/**
 * Does all of it. Safe to call again after any crash before its end; must not be called once the
 * rows exist.
 * @returns the root key, and the ID of the project.
 */
export async function firstStart({
  config,
  folder,
  root,
  store: spec,
  hooks,
}: FirstStartParts): Promise<{ readonly rootKey: KeyObject; readonly project: string }> {
  const { clock, random, failpoint } = hooks
  checkLeftovers(folder, config)
  // The folder is locked: no other start is writing.
  removeUnfinished(folder.path)
  if (!folder.has(markerFile)) writeNewFile(folder.file(markerFile), new Uint8Array())
  const deployment = random.bytes(16).toHex()
  const { rootKey, slot } = await root.create(deployment)
  failpoint('first-start:root-made')
  using known = Wiped.of(folder.read(bootstrapFile))
  const { region } = config
  const made =
    known.bytes === undefined
      ? makeProject({ endpoint: endpointOf(config), region, name: region }, random)
      : parseNewProject(known.bytes, folder.file(bootstrapFile))
  if (known.bytes === undefined) writeNewFile(folder.file(bootstrapFile), formatNewProject(made))
  failpoint('first-start:files-written')
  const time = clock.wallNow()
  const deploymentRow = newDeployment(rootKey, deployment, time, random)
  const keyring = new Keyring(rootKey, deploymentRow)
  const writes = [
    insertSigned(deploymentRow),
    insertRow(keyring.rowMac, 'rootSlots', slot),
    ...(await projectRows(keyring, made, time, random)),
  ]
  wipeNewProject(made)
  const store = await openWriter(spec, failpoint)
  const log = new NodeLog(
    deployment,
    keyring.rowMac,
    firstHead(keyring.rowMac, nodeIdOf(folder, random), time),
  )
  const requestId = random.bytes(16).toHex()
  const project = text(made.project_id)
  const entry = serviceEntry({
    requestId,
    operation: firstStartOperation,
    project,
    principal: 'holdfast',
  })
  const { receipts } = await new Writer({
    store,
    log,
    time: new TimeKeeper(clock, time),
    failpoint,
  }).write([ownSubmission({ entry, writes })])
  store.close()
  if (receipts[0] !== 'recorded')
    throw new Error(`the first start could not be recorded: ${receipts[0]}`)
  rmSync(folder.file(markerFile), { force: true })
  return { rootKey, project }
}

/**
 * A bootstrap.json names credentials that this start would accept, so it must belong to this
 * folder: next to it is the root key that was made before it, or the file that marks a first start
 * in progress.
 */
function checkLeftovers(folder: DataFolder, { root }: Config): void {
  if (!folder.has(bootstrapFile) || folder.has(markerFile)) return
  if (root.kind === 'file' && existsSync(root.path)) return
  throw new FileNotPrivate(
    `${folder.file(bootstrapFile)} exists without the database and the root that belong to it, and no first start left it: ` +
      `restore them, or remove it to get new credentials; nothing was changed`,
  )
}

/** The row of a new deployment, with the sealed key of its deployment-wide tables. */
export function newDeployment(
  rootKey: KeyObject,
  id: string,
  createdAt: number,
  random: Random,
): DeploymentRow {
  const rootGeneration = 1
  const { sealed, key } = Keyring.sealRowMacKey(rootKey, id, rootGeneration, random.bytes)
  return signRow(key, 'deployments', { id, createdAt, rootGeneration, sealedRowMacKey: sealed }, 1)
}

/** Its row carries the MAC already: the key of the MAC is in it. */
export function insertSigned(row: DeploymentRow) {
  return {
    table: 'deployments' as const,
    id: row.id,
    expected: 0,
    from: absent,
    row,
    digest: rowDigest('deployments', row),
  }
}

/** Address at which clients reach a server with this configuration. */
export function endpointOf({ publicUrl, tls, ...listening }: Config): string {
  return publicUrl ?? `${tls === undefined ? 'http' : 'https'}://${hostAndPort(listening)}`
}
