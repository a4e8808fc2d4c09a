/**
 * The store and the root that a configuration selects, the deployment that they hold, and whether a
 * new one may begin there.
 */
import { KeyObject } from 'node:crypto'
import {
  earlierPassphraseFromFile,
  passphraseFromFile,
  passphraseFromTerminal,
} from '../cli/passphrase-source.ts'
import { type Config, ConfigError } from '../config.ts'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { Keyring } from '../crypto/keyring.ts'
import { KmsError } from '../domain/errors.ts'
import type { DeploymentRow, RootSlotRow } from '../domain/rows.ts'
import { tableNames } from '../domain/tables.ts'
import type { Root } from '../ports/root.ts'
import type { ReportReader } from '../ports/store.ts'
import { FileKeeper } from '../root/file-keeper.ts'
import { PassphraseKeeper } from '../root/passphrase-keeper.ts'
import { SlottedRoot } from '../root/slots.ts'
import type { DataFolder } from '../store/folder.ts'
import type { Hooks } from './hooks.ts'
import { reading, type StoreSpec } from './store.ts'

/** Where the data is without a database. */
export const databaseName = 'holdfast.db'
/** Its name while `holdfast move` ends: the database may hold the deployment already. */
export const movingName = `${databaseName}.moving`
/** Its name once the deployment is in PostgreSQL. */
export const movedName = `${databaseName}.moved`

/** A deployment as it is stored, unverified, with the ways to open its root key. */
export type StoredDeployment = {
  readonly deployment: DeploymentRow
  readonly slots: readonly RootSlotRow[]
}

/** @throws ConfigError for a folder whose data was moved to a database, if none is named. */
export function storeOf(config: Config, folder: DataFolder): StoreSpec {
  const database = databaseOf(config)
  if (database !== undefined) return database
  if (folder.has(movingName))
    throw new ConfigError(
      `a move of the data in ${folder.path} to PostgreSQL was interrupted at its end: run holdfast move again, with the same database`,
    )
  if (folder.has(movedName))
    throw new ConfigError(
      `the data in ${folder.path} was moved to PostgreSQL, and ${movedName} is what it was before: name the database with --database-url-file or --database-url`,
    )
  return { kind: 'sqlite', file: folder.file(databaseName) }
}

/** The PostgreSQL database that is named, if one is. */
export function databaseOf({
  databaseUrl,
  databaseTls,
}: Config): Extract<StoreSpec, { kind: 'postgres' }> | undefined {
  return databaseUrl === undefined
    ? undefined
    : { kind: 'postgres', url: databaseUrl, tls: databaseTls }
}

export function rootOf(config: Config, { clock, random }: Hooks): Root {
  const { root } = config
  if (root.kind === 'file')
    return new SlottedRoot({ keeper: new FileKeeper(root.path), clock, random })
  const { file } = root
  const passphrase = async (isNew: boolean) =>
    file === undefined ? passphraseFromTerminal('Root passphrase', isNew) : passphraseFromFile(file)
  const earlier = () => (file === undefined ? undefined : earlierPassphraseFromFile(file))
  return new SlottedRoot({
    keeper: new PassphraseKeeper({ passphrase, earlier, random }),
    clock,
    random,
  })
}

/** @returns undefined for a store without one. */
export function readDeployment(store: StoreSpec): Promise<StoredDeployment | undefined> {
  return reading(store, async (reader) => {
    const [deployment] = await reader.scan('deployments', null, 1)
    if (deployment === undefined) return undefined
    return { deployment, slots: await reader.scan('rootSlots', null, 100) }
  })
}

/**
 * Opens a deployment, and verifies the ways to open it. Nothing is written.
 * @param by the root, or the root key if it is known already.
 * @throws RootUnavailable if it is not the root of this deployment, KmsError stored-record-corrupt.
 */
export async function openKnown(
  { deployment, slots }: StoredDeployment,
  by: Root | KeyObject,
): Promise<{ readonly deployment: DeploymentRow; readonly rootKey: KeyObject }> {
  const rootKey = by instanceof KeyObject ? by : await by.open(deployment.id, slots)
  const { rowMac } = new Keyring(rootKey, deployment)
  for (const slot of slots) verifyRow(rowMac, 'rootSlots', slot)
  return { deployment, rootKey }
}

/**
 * Whether a new deployment may begin in a store that has none.
 * @throws ConfigError if the folder has data of its own, which is to be moved or was moved
 * elsewhere; KmsError stored-record-corrupt if the store holds anything.
 */
export async function checkMayBegin(store: StoreSpec, folder: DataFolder): Promise<void> {
  const own = [databaseName, movingName, movedName].find((name) => folder.has(name))
  if (store.kind !== 'sqlite' && own !== undefined)
    throw new ConfigError(
      own === databaseName
        ? `the database is empty, and ${folder.file(own)} holds a deployment: move it with holdfast move, or name an empty folder with --data`
        : `the database is empty, and the data of ${folder.path} was moved to another one (${own}): name that one`,
    )
  if (await reading(store, holdsAnything))
    throw new KmsError(
      'stored-record-corrupt',
      'the database holds rows but no deployment: a move to it was interrupted, or its deployment was deleted. ' +
        'Run holdfast move again where the data is, or name an empty database; nothing was changed',
    )
}

/** Whether a store holds any row or any record. */
export async function holdsAnything(
  reader: Pick<ReportReader, 'scan' | 'logAfter'>,
): Promise<boolean> {
  for (const table of tableNames) if ((await reader.scan(table, null, 1)).length > 0) return true
  return (await reader.logAfter(null)) !== undefined
}
