/** The writes that add material to a key, renew its expiry, and remove it. */
import { purposes } from '../../crypto/formats/labels.ts'
import { versionsDigest } from '../../crypto/formats/row-mac.ts'
import { deleteRow, insertRow, updateRow } from '../../crypto/formats/row-writes.ts'
import type { ImportTokenRow, KeyRow, KeyVersionRow, RowSet, RowWrite } from '../../domain/rows.ts'
import { withoutMaterial } from '../../domain/rules.ts'
import type { Done, Task } from '../command.ts'
import { type LoadedKey, materialBinding } from '../keys/loaded-key.ts'
import type { Incoming } from './wrapped-material.ts'

/** The number of a key's first version; imported material has no other. */
export const firstVersion = 1

/** The write that adds a version with `material`, which is left unchanged. */
export function sealedVersion(
  task: Task,
  project: LoadedKey['project'],
  key: Pick<KeyRow, 'id' | 'spec' | 'origin'>,
  version: number,
  material: Uint8Array,
) {
  const binding = materialBinding(project.row, key, version)
  return insertRow(project.keys.rowMac, 'keyVersions', {
    id: `${key.id}/${version}`,
    keyId: key.id,
    projectId: project.row.id,
    version,
    sealedMaterial: project.keys.sealer.seal(
      purposes.material,
      binding,
      material,
      task.random.bytes,
    ),
    createdAt: task.now,
  })
}

export type Admitted = Incoming & {
  readonly expiresAt: number | null
  readonly request: Uint8Array
}

/**
 * Writes material, association and use of the token in one transaction, which also deletes the
 * wrapping key.
 */
export async function storeMaterial(
  task: Task,
  key: LoadedKey,
  token: ImportTokenRow,
  { material, publicKey, expiresAt, request, ...tie }: Admitted,
): Promise<Pick<Done<null>, 'writes' | 'erases' | 'materialVersion'>> {
  const { row, project } = key
  const { rowMac } = project.keys
  const fresh = sealedVersion(task, project, row, firstVersion, material)
  // Expired material that has yet to be erased is overwritten.
  const expired = key.versions.find((one) => one.version === firstVersion)
  const version =
    expired === undefined ? fresh : updateRow(rowMac, 'keyVersions', expired, valuesOf(fresh))
  const updated = updateRow(rowMac, 'keys', row, {
    materialVersion: firstVersion,
    materialExpiresAt: expiresAt,
    versionsDigest: versionsDigest([version.row]),
    association: row.association ?? tie.association,
    checkValue: row.checkValue ?? tie.checkValue,
    importedAt: task.now,
    publicKey,
  })
  return {
    writes: [version, updated, ...(await finished(task, key, token, request))],
    erases: true,
    materialVersion: firstVersion,
  }
}

/** The key's material and state stay as they are: only the expiry changes. */
export async function renewExpiry(
  task: Task,
  key: LoadedKey,
  token: ImportTokenRow,
  { expiresAt, request }: Admitted,
): Promise<Done<null>> {
  const updated = updateRow(key.project.keys.rowMac, 'keys', key.row, {
    materialExpiresAt: expiresAt,
  })
  const writes = [updated, ...(await finished(task, key, token, request))]
  return { result: null, writes, erases: true, detail: 'renewed', materialVersion: firstVersion }
}

/** Uses up the token and deletes its wrapping key and the import's draft. */
async function finished(
  task: Task,
  { row, project }: LoadedKey,
  token: ImportTokenRow,
  request: Uint8Array,
): Promise<RowWrite[]> {
  const used = updateRow(project.keys.rowMac, 'importTokens', token, {
    sealedPrivateKey: null,
    consumedBy: request,
  })
  const draft = await task.reader.row('importDrafts', row.id)
  return draft === undefined ? [used] : [used, deleteRow('importDrafts', draft)]
}

function valuesOf({
  row,
}: RowSet<'keyVersions'>): Pick<KeyVersionRow, 'sealedMaterial' | 'createdAt'> {
  const { sealedMaterial, createdAt } = row
  return { sealedMaterial, createdAt }
}

/**
 * Deletes material and the import tokens made before an instant; the key, its names and its binding
 * to this material stay.
 */
export async function eraseMaterial(
  task: Task,
  { row, versions, project }: LoadedKey,
  before: number,
): Promise<Done<null>> {
  const tokens = (await task.reader.importTokens(row.id)).filter(
    ({ createdAt }) => createdAt < before,
  )
  const updated = updateRow(project.keys.rowMac, 'keys', row, {
    ...withoutMaterial(row),
    versionsDigest: versionsDigest([]),
  })
  const writes: RowWrite[] = [
    ...versions.map((one) => deleteRow('keyVersions', one)),
    ...tokens.map((one) => deleteRow('importTokens', one)),
    updated,
  ]
  return { result: null, writes, erases: true }
}
