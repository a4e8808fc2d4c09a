/**
 * A row of a key changed in the database of a server that is stopped, with the MAC that an older
 * version would have given it.
 */
import { DatabaseSync } from 'node:sqlite'
import { updateRow } from '../../src/crypto/formats/row-writes.ts'
import { Keyring } from '../../src/crypto/keyring.ts'
import type { KeyRow } from '../../src/domain/rows.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { FileKeeper } from '../../src/root/file-keeper.ts'
import { SlottedRoot } from '../../src/root/slots.ts'
import { openReader } from '../../src/server/store.ts'

/** @param data folder with SQLite and a root key in a file. */
export async function storeExpiry(
  data: string,
  keyId: string,
  materialExpiresAt: number,
): Promise<void> {
  const file = `${data}/holdfast.db`
  const reader = await openReader({ kind: 'sqlite', file })
  const [deployment] = await reader.scan('deployments', null, 1)
  const key = await reader.row('keys', keyId)
  const project = key && (await reader.row('projects', key.projectId))
  const slots = await reader.scan('rootSlots', null, 10)
  reader.close()
  if (deployment === undefined || key === undefined || project === undefined)
    throw new Error('no such key')
  const keeper = new FileKeeper(`${data}/root.key`)
  const root = new SlottedRoot({ keeper, clock: systemClock, random: systemRandom })
  const keyring = new Keyring(await root.open(deployment.id, slots), deployment)
  const { rowMac } = keyring.openProject(project)
  const {
    materialExpiresAt: at,
    revision,
    mac,
  } = updateRow(rowMac, 'keys', key, { materialExpiresAt }).row as KeyRow
  const db = new DatabaseSync(file)
  db.prepare('UPDATE keys SET material_expires_at = ?, revision = ?, mac = ? WHERE id = ?').run(
    at,
    revision,
    mac,
    keyId,
  )
  db.close()
}
