/**
 * Rows that are derived from the log. A corrupt row is reported once, then rebuilt: no caller is
 * refused because of it.
 */
import type { KeyObject } from 'node:crypto'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { KmsError } from '../domain/errors.ts'
import type { Row } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'
import type { StoreReader } from '../ports/store.ts'
import { atOnce, nextTurn } from './steps.ts'

export class DerivedRows {
  readonly #reader: StoreReader
  readonly #rowMac: KeyObject
  readonly #notice: (message: string) => void
  readonly #reported = new Set<string>()

  /** @param parts.rowMac of the deployment-wide tables. */
  constructor(parts: {
    reader: StoreReader
    rowMac: KeyObject
    notice: (message: string) => void
  }) {
    this.#reader = parts.reader
    this.#rowMac = parts.rowMac
    this.#notice = parts.notice
  }

  /** The row if it exists and is intact. */
  async read<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    const row = await this.#reader.row(table, id)
    return row !== undefined && this.isIntact(table, row) ? row : undefined
  }

  /** Those rows that exist and are intact. */
  async readAll<T extends TableName>(table: T, ids: readonly string[]): Promise<Row<T>[]> {
    const found: Row<T>[] = []
    for (let at = 0; at < ids.length; at += atOnce) {
      if (at > 0) await nextTurn()
      const rows = await this.#reader.rows(table, ids.slice(at, at + atOnce))
      found.push(...rows.filter((row) => this.isIntact(table, row)))
    }
    return found
  }

  isIntact<T extends TableName>(table: T, row: Row<T>): boolean {
    try {
      verifyRow(this.#rowMac, table, row)
      return true
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      const name = `${table} ${(row as { readonly id?: string }).id}`
      if (!this.#reported.has(name))
        this.#notice(`${error.message}: ${name}; its figures are counted again`)
      this.#reported.add(name)
      return false
    }
  }
}
