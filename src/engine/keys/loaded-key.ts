/**
 * A key with its versions, verified. Its material is opened when first needed and wiped when the
 * key leaves the cache. Calls under way then go on with the key; what they open lasts until the end
 * of their turn of the event loop.
 */
import type { KeyObject } from 'node:crypto'
import type { LoadedProject } from '../../access/principals.ts'
import { importPrivateKey, importPublicKey } from '../../crypto/asymmetric/key-objects.ts'
import { purposes } from '../../crypto/formats/labels.ts'
import { verifyRow, versionsDigest } from '../../crypto/formats/row-mac.ts'
import type { Secret } from '../../crypto/secret.ts'
import { KmsError } from '../../domain/errors.ts'
import { idBytes } from '../../domain/ids.ts'
import { type KeySpec, keySpec } from '../../domain/keys/key-specs.ts'
import {
  type KeyRow,
  type KeyVersionRow,
  type ProjectRow,
  type RowReference,
  referenceTo,
} from '../../domain/rows.ts'
import { checkUsable as checkRowUsable, type UsableKeyRow } from '../../domain/rules.ts'
import type { Source } from '../../ports/source.ts'
import type { StoredKey, StoreReader } from '../../ports/store.ts'

export class LoadedKey {
  readonly row: KeyRow
  readonly spec: KeySpec
  readonly project: LoadedProject
  readonly versions: readonly KeyVersionRow[]
  /** The ID in the form used in envelope headers. */
  readonly headerId: Uint8Array
  readonly #opened = new Map<number, Secret>()
  #guards:
    | { readonly of: readonly RowReference[]; readonly all: readonly RowReference[] }
    | undefined
  #privateKey: KeyObject | undefined
  #publicKey: KeyObject | undefined
  #left = false

  constructor({ key: row, versions }: StoredKey, project: LoadedProject) {
    this.row = row
    this.spec = keySpec(row.spec)
    this.versions = versions
    this.headerId = idBytes(row.id)
    this.project = project
  }

  /**
   * The guards of a caller's call on this key: the same array for consecutive calls of one caller.
   */
  guardsWith(guards: readonly RowReference[]): readonly RowReference[] {
    if (this.#guards?.of !== guards)
      this.#guards = { of: guards, all: [...guards, referenceTo('keys', this.row)] }
    return this.#guards.all
  }

  /** The private key of an asymmetric key that has its material. */
  privateKey(): KeyObject {
    if (this.#privateKey === undefined) {
      const material =
        this.row.materialVersion === null ? undefined : this.material(this.row.materialVersion)
      if (material === undefined)
        throw new KmsError('stored-record-corrupt', `key ${this.row.id} lacks its private key`)
      this.#privateKey = importPrivateKey(material)
      // From here on OpenSSL holds it: one copy less in memory.
      this.#forget()
    }
    return this.#privateKey
  }

  publicKey(): KeyObject {
    if (this.row.publicKey === null)
      throw new KmsError('stored-record-corrupt', `key ${this.row.id} lacks its public key`)
    this.#publicKey ??= importPublicKey(this.row.publicKey)
    return this.#publicKey
  }

  /**
   * Material of a version, undefined if the key has no such version. It belongs to this key: do not
   * wipe it.
   */
  material(version: number): Secret | undefined {
    const known = this.#opened.get(version)
    if (known !== undefined) return known
    const row = this.versions.find((one) => one.version === version)
    if (row === undefined) return undefined
    const opened = this.project.keys.sealer.open(
      purposes.material,
      materialBinding(this.project.row, this.row, version),
      row.sealedMaterial,
    )
    if (opened === undefined)
      throw new KmsError(
        'stored-record-corrupt',
        `the material of key ${this.row.id} fails its integrity check`,
      )
    this.#opened.set(version, opened)
    // Nothing else would wipe it later.
    if (this.#left) setImmediate(() => this.#forget())
    return opened
  }

  /** The key has left the cache, or never entered it. */
  wipe(): void {
    this.#left = true
    this.#forget()
    this.#privateKey = undefined
  }

  #forget(): void {
    for (const secret of this.#opened.values()) secret.wipe()
    this.#opened.clear()
  }
}

/** A key that was found enabled: cryptographic work takes no other. */
export type UsableKey = LoadedKey & { readonly row: UsableKeyRow }

/** @throws KmsError if the key may do no cryptographic work at `now`. */
export function checkUsable(key: LoadedKey, now: number): asserts key is UsableKey {
  checkRowUsable(key.row, now)
}

/**
 * Material of a version that the key's record names. Belongs to the key: do not wipe it.
 * @throws KmsError stored-record-corrupt.
 */
export function materialOf(key: LoadedKey, version: number): Secret {
  const material = key.material(version)
  if (material === undefined)
    throw new KmsError(
      'stored-record-corrupt',
      `key ${key.row.id} has no version ${version}, though its record says so`,
    )
  return material
}

/** Where material belongs: it opens only for this key, version, spec and origin. */
export function materialBinding(
  project: ProjectRow,
  key: Pick<KeyRow, 'id' | 'spec' | 'origin'>,
  version: number,
) {
  return { project: project.id, key: key.id, version, spec: key.spec, origin: key.origin }
}

/** @throws KmsError stored-record-corrupt if the row or a version was altered. */
export async function loadKey(
  reader: StoreReader,
  projects: Source<LoadedProject>,
  id: string,
): Promise<LoadedKey | undefined> {
  const found = await reader.key(id)
  if (found === undefined) return undefined
  const { key, versions } = found
  const project = await projects.load(key.projectId)
  if (project === undefined)
    throw new KmsError('stored-record-corrupt', `the project of key ${id} is missing`)
  verifyRow(project.keys.rowMac, 'keys', key)
  for (const version of versions) verifyRow(project.keys.rowMac, 'keyVersions', version)
  if (Buffer.compare(versionsDigest(versions), key.versionsDigest) !== 0) {
    throw new KmsError('stored-record-corrupt', `the versions of key ${id} do not match its record`)
  }
  return new LoadedKey(found, project)
}
