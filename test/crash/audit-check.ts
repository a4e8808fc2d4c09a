/**
 * Reads a store as an auditor would: no gap in any log, each tree as its head says, every row as
 * the logs last saw it, and the tree over all logs of heads that they had.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type AuditLeaf, unpacked } from '../../src/audit/leaf-groups.ts'
import { Frontier, leafHash } from '../../src/audit/tree.ts'
import { type CanonicalValue, encodeCanonical } from '../../src/crypto/formats/canonical.ts'
import { rowDigest } from '../../src/crypto/formats/row-mac.ts'
import { columnName, columnsOf, isRecorded, tableNames } from '../../src/domain/tables.ts'
import { decodeCanonical } from '../crypto/decode-canonical.ts'
import type { Sql } from '../fakes/postgres.ts'

/** IDs begin with this of rows that only make a table large, which no call has made. */
export const filler = 'filler-'

type Change = readonly [table: string, id: string, digest: Uint8Array | null]

type Found = Record<string, unknown>
/** Reads the store behind the back of the server. */
export type Select = (sql: string) => Promise<Found[]>
/** Reads of one instant: a server takes the tree over all logs further by itself. */
export type Snapshot = (read: (select: Select) => Promise<void>) => Promise<void>

function snapshotOfFile(data: string): Snapshot {
  return async (read) => {
    const db = new DatabaseSync(join(data, 'holdfast.db'), { readOnly: true })
    try {
      db.exec('BEGIN')
      await read(async (sql) => db.prepare(sql).all())
    } finally {
      db.close()
    }
  }
}

/** @param sql a connection for this alone. */
export function snapshotOf(sql: () => Pick<Sql, 'rows'>): Snapshot {
  return async (read) => {
    await sql().rows('BEGIN ISOLATION LEVEL REPEATABLE READ')
    try {
      await read((text) => sql().rows(text))
    } finally {
      await sql().rows('ROLLBACK')
    }
  }
}

/** A record that was read and not yet applied to the rows that it changed. */
type Pending = { readonly timeMs: number; readonly changes: readonly Change[] }

/** What was read of one log. */
type LogRead = {
  readonly frontier: Frontier
  readonly pending: Pending[]
  /** Root of its tree after each group, in hexadecimal, by size. */
  readonly roots: Map<number, string>
}

const tree = 'tree'
/** A leaf of the tree over all logs. */
type Head = { readonly log: string; readonly size: number; readonly root: string }

/**
 * Continues where it left off, so that a long log is read once. The server must be at rest from a
 * run to the check of the rows.
 */
export class AuditCheck {
  readonly #snapshot: Snapshot
  #select: Select = () => assert.fail('nothing is read outside of a snapshot')
  /** Each log by the ID of its head. */
  readonly #logs = new Map<string, LogRead>()
  /** Outcome of every recorded call, by request ID. */
  readonly outcomes = new Map<string, string>()
  /** Digest of each row as the log last saw it; null once it was deleted. */
  readonly #rows = new Map<string, Uint8Array | null>()
  /** Leaves of the tree over all logs, in their order. */
  readonly #heads: Head[] = []

  /** @param snapshot of a store that is not the file in the data folder. */
  constructor(data: string, snapshot: Snapshot = snapshotOfFile(data)) {
    this.#snapshot = snapshot
  }

  /** Reads what is new. @throws AssertionError for the first inconsistency. */
  run(): Promise<void> {
    return this.#reading(() => this.#run())
  }

  /** Every row of every table is as the log last saw it, and the log knows of no other. */
  rows(): Promise<void> {
    return this.#reading(() => this.#checkRows())
  }

  /** Both, of one instant: for a server that is not at rest. */
  runWithRows(): Promise<void> {
    return this.#reading(async () => {
      await this.#run()
      await this.#checkRows()
    })
  }

  #reading(read: () => Promise<void>): Promise<void> {
    return this.#snapshot((select) => {
      this.#select = select
      return read()
    })
  }

  async #run(): Promise<void> {
    const [found] = await this.#select('SELECT id FROM deployments')
    const heads = await this.#select('SELECT id, node_sequence, tree_size, tree_root FROM ledgers')
    for (const head of heads) {
      const { frontier } = await this.#read(String(found?.id), String(head.id))
      assert.equal(head.tree_size, frontier.size, 'the head counts every record')
      assert.equal(head.node_sequence, frontier.size)
      assert.deepEqual(Buffer.from(head.tree_root as Uint8Array), Buffer.from(frontier.root()))
    }
    const logs = await this.#select('SELECT DISTINCT log FROM log_groups')
    const names = new Set(heads.map(({ id }) => id))
    for (const { log } of logs) assert.ok(names.has(log), `the log ${log} has a head`)
    await this.#integrated()
    this.#apply()
  }

  /** What is new in one log: groups without a gap, each with the records that it counts. */
  async #read(deployment: string, log: string): Promise<LogRead> {
    const read = this.#logs.get(log) ?? { frontier: new Frontier(), pending: [], roots: new Map() }
    this.#logs.set(log, read)
    const groups = await this.#select(
      `SELECT first_index, count, leaves FROM log_groups WHERE log = '${log}' AND first_index >= ${read.frontier.size} ORDER BY first_index`,
    )
    for (const { first_index, count, leaves } of groups) {
      const group = { log, firstIndex: Number(first_index), count: Number(count) }
      assert.equal(group.firstIndex, read.frontier.size, 'no group is missing')
      const found = unpacked({ ...group, leaves: leaves as Uint8Array })
      assert.ok(found.length > 0, `the group at ${group.firstIndex} is not damaged`)
      assert.equal(found.length, group.count)
      for (const one of found)
        if (log === tree) this.#head(deployment, read, one)
        else this.#record(deployment, read, one)
      read.roots.set(read.frontier.size, read.frontier.root().toHex())
    }
    return read
  }

  #head(deployment: string, { frontier }: LogRead, { treeIndex, leaf }: AuditLeaf): void {
    assert.equal(treeIndex, frontier.size, 'no head is missing')
    const [label, of, log, size, root, epoch, ...more] = decodeCanonical(leaf) as CanonicalValue[]
    assert.deepEqual([label, of, more], ['holdfast/v1/log-head', deployment, []])
    assert.ok(Number(epoch) >= 0)
    frontier.append(leafHash(leaf))
    this.#heads.push({
      log: String(log),
      size: Number(size),
      root: (root as Uint8Array).toHex(),
    })
  }

  /** Each leaf is a head that its log had, larger than the last; the rows name the last ones. */
  async #integrated(): Promise<void> {
    const last = new Map<string, number>()
    for (const [i, { log, size, root }] of this.#heads.entries()) {
      assert.equal(this.#logs.get(log)?.roots.get(size), root, `${log} had that head at ${size}`)
      const before = last.get(log)
      assert.ok(before === undefined || size > (this.#heads[before]?.size ?? 0))
      last.set(log, i)
    }
    const rows = await this.#select(
      'SELECT id, tree_size, tree_root, leaf_index FROM integrated_heads',
    )
    assert.deepEqual(
      new Map(rows.map(({ id, leaf_index }) => [String(id), Number(leaf_index)])),
      last,
    )
    for (const { tree_size, tree_root, leaf_index } of rows)
      assert.deepEqual(
        [tree_size, Buffer.from(tree_root as Uint8Array).toString('hex')],
        [this.#heads[Number(leaf_index)]?.size, this.#heads[Number(leaf_index)]?.root],
      )
  }

  /** Rows change in the order of time, and in each log in its own order. */
  #apply(): void {
    for (;;) {
      const waiting = [...this.#logs.values()].filter(({ pending }) => pending.length > 0)
      const [first] = waiting.toSorted(
        (a, b) => (a.pending[0]?.timeMs ?? 0) - (b.pending[0]?.timeMs ?? 0),
      )
      const next = first?.pending.shift()
      if (next === undefined) return
      for (const [table, id, digest] of next.changes) this.#rows.set(`${table} ${id}`, digest)
    }
  }

  async #checkRows(): Promise<void> {
    const standing = new Set<string>()
    const recorded = new Set(tableNames.filter(isRecorded).map(columnName))
    for (const table of tableNames.filter(isRecorded)) {
      const fields = [...Object.keys(columnsOf(table)), 'revision', 'schemaVersion', 'mac']
      const columns = fields.map((field) => `${columnName(field)} AS "${field}"`).join(', ')
      const rows = `SELECT ${columns} FROM ${columnName(table)} WHERE id NOT LIKE '${filler}%'`
      for (const row of await this.#select(rows)) {
        const name = `${columnName(table)} ${row.id}`
        standing.add(name)
        const known = this.#rows.get(name)
        assert.ok(known, `the log knows nothing of ${name}`)
        assert.deepEqual(Buffer.from(rowDigest(table, row as never)), Buffer.from(known), name)
      }
    }
    for (const [name, digest] of this.#rows)
      if (recorded.has(name.split(' ')[0] ?? ''))
        assert.equal(standing.has(name), digest !== null, name)
  }

  #record(
    deployment: string,
    { frontier, pending }: LogRead,
    { treeIndex, leaf }: AuditLeaf,
  ): void {
    assert.equal(treeIndex, frontier.size, 'no record is missing')
    const fields = decodeCanonical(leaf) as CanonicalValue[]
    assert.deepEqual(Buffer.from(encodeCanonical(fields)), Buffer.from(leaf))
    assert.equal(fields.length, 21)
    assert.deepEqual(fields.slice(0, 2), ['holdfast/v1/audit-record', deployment])
    assert.equal(fields[3], frontier.size + 1)
    frontier.append(leafHash(leaf))
    const [timeMs, requestId, outcome, changes] = [4, 5, 15, 17].map((at) => fields[at]) as [
      number,
      string,
      string,
      Change[],
    ]
    assert.equal(this.outcomes.has(requestId), false, 'a call has one record')
    this.outcomes.set(requestId, outcome)
    pending.push({ timeMs, changes })
  }
}
