/**
 * Reads a store as an auditor would: no gap in the log, the tree as its head says, every row as the
 * log last saw it.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Frontier, leafHash } from '../../src/audit/tree.ts'
import { type CanonicalValue, encodeCanonical } from '../../src/crypto/formats/canonical.ts'
import { rowDigest } from '../../src/crypto/formats/row-mac.ts'
import { columnName, columnsOf, isRecorded, tableNames } from '../../src/domain/tables.ts'
import { decodeCanonical } from '../crypto/decode-canonical.ts'

type Change = readonly [table: string, id: string, digest: Uint8Array | null]

type Found = Record<string, unknown>
/** Reads the store behind the back of the server. */
export type Select = (sql: string) => Promise<Found[]>

function selectFromFile(data: string): Select {
  return async (sql) => {
    const db = new DatabaseSync(join(data, 'holdfast.db'), { readOnly: true })
    try {
      return db.prepare(sql).all()
    } finally {
      db.close()
    }
  }
}

/**
 * Continues where it left off, so that a long log is read once. The server must be at rest during a
 * run.
 */
export class AuditCheck {
  readonly #select: Select
  readonly #frontier = new Frontier()
  /** Outcome of every recorded call, by request ID. */
  readonly outcomes = new Map<string, string>()
  /** Digest of each row as the log last saw it; null once it was deleted. */
  readonly #rows = new Map<string, Uint8Array | null>()

  /** @param select for a store that is not the file in the data folder. */
  constructor(data: string, select: Select = selectFromFile(data)) {
    this.#select = select
  }

  /** Reads what is new. @throws AssertionError for the first inconsistency. */
  async run(): Promise<void> {
    const [found] = await this.#select('SELECT id FROM deployments')
    const leaves = await this.#select(
      `SELECT tree_index, leaf FROM audit_leaves WHERE tree_index >= ${this.#frontier.size} ORDER BY tree_index`,
    )
    for (const { tree_index, leaf } of leaves)
      this.#record(String(found?.id), Number(tree_index), leaf as Uint8Array)
    const [head] = await this.#select('SELECT node_sequence, tree_size, tree_root FROM ledgers')
    assert.equal(head?.tree_size, this.#frontier.size, 'the head counts every record')
    assert.equal(head?.node_sequence, this.#frontier.size)
    assert.deepEqual(Buffer.from(head?.tree_root as Uint8Array), Buffer.from(this.#frontier.root()))
  }

  /** Every row of every table is as the log last saw it, and the log knows of no other. */
  async rows(): Promise<void> {
    const standing = new Set<string>()
    for (const table of tableNames.filter(isRecorded)) {
      const fields = [...Object.keys(columnsOf(table)), 'revision', 'schemaVersion', 'mac']
      const columns = fields.map((field) => `${columnName(field)} AS "${field}"`).join(', ')
      for (const row of await this.#select(`SELECT ${columns} FROM ${columnName(table)}`)) {
        const name = `${columnName(table)} ${row.id}`
        standing.add(name)
        const known = this.#rows.get(name)
        assert.ok(known, `the log knows nothing of ${name}`)
        assert.deepEqual(Buffer.from(rowDigest(table, row as never)), Buffer.from(known), name)
      }
    }
    for (const [name, digest] of this.#rows) assert.equal(standing.has(name), digest !== null, name)
  }

  #record(deployment: string, treeIndex: number, leaf: Uint8Array): void {
    assert.equal(treeIndex, this.#frontier.size, 'no record is missing')
    const fields = decodeCanonical(leaf) as CanonicalValue[]
    assert.deepEqual(Buffer.from(encodeCanonical(fields)), Buffer.from(leaf))
    assert.equal(fields.length, 21)
    assert.deepEqual(fields.slice(0, 2), ['holdfast/v1/audit-record', deployment])
    assert.equal(fields[3], this.#frontier.size + 1)
    this.#frontier.append(leafHash(leaf))
    const [requestId, outcome, changes] = [fields[5], fields[15], fields[17]] as [
      string,
      string,
      Change[],
    ]
    assert.equal(this.outcomes.has(requestId), false, 'a call has one record')
    this.outcomes.set(requestId, outcome)
    for (const [table, id, digest] of changes) this.#rows.set(`${table} ${id}`, digest)
  }
}
