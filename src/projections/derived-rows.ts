/**
 * Rows that are derived from the log. A corrupt row is reported once, then rebuilt: no caller is
 * refused because of it.
 */
import type { KeyObject } from 'node:crypto'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { type DamagedRow, damagedRow, isDamage } from '../domain/damaged-row.ts'
import type { Row } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'
import type { StoreReader } from '../ports/store.ts'
import { atOnce, inSteps, nextTurn } from './steps.ts'

export class DerivedRows {
  readonly #reader: StoreReader
  readonly #rowMac: KeyObject
  readonly #onDamaged: (damaged: DamagedRow) => void
  readonly #reported = new Set<string>()

  /**
   * @param parts.rowMac of the deployment-wide tables.
   * @param parts.onDamaged called once for each damaged row; its figures are counted again.
   */
  constructor(parts: {
    reader: StoreReader
    rowMac: KeyObject
    onDamaged: (damaged: DamagedRow) => void
  }) {
    this.#reader = parts.reader
    this.#rowMac = parts.rowMac
    this.#onDamaged = parts.onDamaged
  }

  /** The row if it exists and is intact. */
  async read<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    const row = await this.#reader.row(table, id)
    return row !== undefined && this.isIntact(table, row) ? row : undefined
  }

  /** Those rows that exist and are intact. */
  async readAll<T extends TableName>(table: T, ids: readonly string[]): Promise<Row<T>[]> {
    return inSteps(await this.stored(table, ids), (row) => (this.isIntact(table, row) ? [row] : []))
  }

  /** Those rows that exist, intact or not. */
  async stored<T extends TableName>(table: T, ids: readonly string[]): Promise<Row<T>[]> {
    const found: Row<T>[] = []
    for (let at = 0; at < ids.length; at += atOnce) {
      if (at > 0) await nextTurn()
      found.push(...(await this.#reader.rows(table, ids.slice(at, at + atOnce))))
    }
    return found
  }

  isIntact<T extends TableName>(table: T, row: Row<T>): boolean {
    try {
      verifyRow(this.#rowMac, table, row)
      return true
    } catch (error) {
      if (!isDamage(error)) throw error
      const { id = '' } = row as { readonly id?: string }
      const name = `${table} ${id}`
      if (!this.#reported.has(name)) this.#onDamaged(damagedRow(table, id, error))
      this.#reported.add(name)
      return false
    }
  }
}
