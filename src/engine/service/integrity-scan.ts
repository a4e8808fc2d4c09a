/**
 * The slow pass over everything that is stored: finds damaged rows that nobody reads, and reports
 * each of them once.
 */
import type { KeyObject } from 'node:crypto'
import type { LoadedProject } from '../../access/principals.ts'
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { type DamagedRow, damagedRow, isDamage } from '../../domain/damaged-row.ts'
import { KmsError } from '../../domain/errors.ts'
import type { Row } from '../../domain/rows.ts'
import { isOfProject, type TableName, tableNames } from '../../domain/tables.ts'
import type { Source } from '../../ports/source.ts'
import type { StoreReader } from '../../ports/store.ts'

/** Rows read at once: a fraction of a millisecond, so that it delays nobody. */
const rowsAtOnce = 50

export type IntegrityScanParts = {
  readonly reader: Pick<StoreReader, 'scan'>
  readonly projects: Pick<Source<LoadedProject>, 'load'>
  /** MAC key of the deployment-wide tables. */
  readonly rowMac: KeyObject
  /** Called once for each damaged row. */
  readonly onDamaged: (damaged: DamagedRow) => void
}

/** A pass over all stored rows. */
export type ScanPass = { readonly rows: number; readonly faults: number }

export class IntegrityScan {
  readonly #parts: IntegrityScanParts
  readonly #reported = new Set<string>()
  #table = 0
  #after: string | null = null
  #rows = 0
  #faults = 0

  constructor(parts: IntegrityScanParts) {
    this.#parts = parts
  }

  /** Number of rows that were checked in the pass under way. */
  get rows(): number {
    return this.#rows
  }

  /** Checks the next few rows. @returns the pass, if this was its end. */
  async step(): Promise<ScanPass | undefined> {
    const table = tableNames[this.#table] as TableName
    const rows = await this.#parts.reader.scan(table, this.#after, rowsAtOnce)
    let faults = 0
    for (const row of rows) if (!(await this.#isIntact(table, row))) faults++
    this.#rows += rows.length
    this.#faults += faults
    const last = rows.at(-1)
    this.#after = last?.id ?? null
    if (last !== undefined && rows.length === rowsAtOnce) return undefined
    this.#after = null
    this.#table = (this.#table + 1) % tableNames.length
    return this.#table === 0 ? this.#ended() : undefined
  }

  #ended(): ScanPass {
    const pass = { rows: this.#rows, faults: this.#faults }
    this.#rows = 0
    this.#faults = 0
    return pass
  }

  async #isIntact<T extends TableName>(
    table: T,
    row: Row<T> & { readonly id: string },
  ): Promise<boolean> {
    try {
      verifyRow(await this.#keyOf(table, row), table, row)
      return true
    } catch (error) {
      if (!isDamage(error)) throw error
      const name = `${table} ${row.id}`
      if (!this.#reported.has(name)) this.#parts.onDamaged(damagedRow(table, row.id, error))
      this.#reported.add(name)
      return false
    }
  }

  async #keyOf<T extends TableName>(table: T, row: Row<T>): Promise<KeyObject> {
    if (!isOfProject(table)) return this.#parts.rowMac
    const { projectId } = row as Row<'keys'>
    const project = await this.#parts.projects.load(projectId)
    if (project === undefined)
      throw new KmsError(
        'stored-record-corrupt',
        'a stored record names a project that does not exist',
      )
    return project.keys.rowMac
  }
}
