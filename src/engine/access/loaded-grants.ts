/**
 * The grants of a key, verified. They have a revision of their own, that of the row that lists
 * them. A call that needed a grant is checked again against it, a call by a role never is, so
 * callers who pass grants on cannot hold up those who use the key.
 */
import type { KeyObject } from 'node:crypto'
import type { LoadedProject } from '../../access/principals.ts'
import { grantsDigest, verifyRow } from '../../crypto/formats/row-mac.ts'
import { insertRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { type Grant, grantOf } from '../../domain/access/grants.ts'
import { KmsError } from '../../domain/errors.ts'
import {
  absent,
  type GrantListRow,
  type KeyGrantRow,
  type KeyRow,
  type RowReference,
  type RowWrite,
  referenceTo,
} from '../../domain/rows.ts'
import type { Source } from '../../ports/source.ts'
import type { StoredGrants, StoreReader } from '../../ports/store.ts'

export class LoadedGrants {
  readonly keyId: string
  /**
   * Undefined until the first grant. Once there, it stays as long as the key, so that its revisions
   * never repeat.
   */
  readonly list: GrantListRow | undefined
  /** Oldest first. */
  readonly grants: readonly Grant[]
  #guards:
    | { readonly of: readonly RowReference[]; readonly all: readonly RowReference[] }
    | undefined

  constructor(keyId: string, { list, grants }: StoredGrants) {
    this.keyId = keyId
    this.list = list
    this.grants = grants.map(grantOf)
  }

  /** 0 while there is no list. */
  get revision(): number {
    return this.list?.revision ?? 0
  }

  get reference(): RowReference {
    if (this.list === undefined) return ['grantLists', this.keyId, absent]
    return referenceTo('grantLists', this.list)
  }

  /**
   * The guards of a call that needed a grant: the same array as long as it is called with the same
   * guards.
   */
  guardsWith(guards: readonly RowReference[]): readonly RowReference[] {
    if (this.#guards?.of !== guards) this.#guards = { of: guards, all: [...guards, this.reference] }
    return this.#guards.all
  }

  /**
   * The change of the list that accompanies a change of grants.
   * @param rows all grants that exist afterwards.
   */
  changedTo(rows: readonly KeyGrantRow[], rowMacKey: KeyObject, projectId: string): RowWrite {
    const digest = grantsDigest(rows)
    if (this.list !== undefined)
      return updateRow(rowMacKey, 'grantLists', this.list, { grantsDigest: digest })
    return insertRow(rowMacKey, 'grantLists', { id: this.keyId, projectId, grantsDigest: digest })
  }
}

/**
 * @throws KmsError stored-record-corrupt if a grant was altered, is missing, or does not belong
 * there.
 */
export async function loadGrants(
  reader: StoreReader,
  keys: Source<{ readonly row: KeyRow; readonly project: LoadedProject }>,
  keyId: string,
): Promise<LoadedGrants | undefined> {
  const key = await keys.load(keyId)
  if (key === undefined) return undefined
  const found = await reader.grants(keyId)
  const { rowMac } = key.project.keys
  for (const grant of found.grants) verifyRow(rowMac, 'keyGrants', grant)
  if (found.list !== undefined) {
    verifyRow(rowMac, 'grantLists', found.list)
    if (Buffer.compare(grantsDigest(found.grants), found.list.grantsDigest) !== 0)
      throw new KmsError(
        'stored-record-corrupt',
        `the grants of key ${keyId} do not match its list`,
      )
  }
  return new LoadedGrants(keyId, found)
}
