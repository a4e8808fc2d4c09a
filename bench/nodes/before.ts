/**
 * The way groups were written before each node had a log: all nodes share one log, whose head every
 * group locks first, and a record is a row. Kept to compare with; nothing else is written this way.
 */
import type { KeyObject } from 'node:crypto'
import { firstHead } from '../../src/audit/log.ts'
import { hashedLeaf } from '../../src/audit/record.ts'
import { Frontier } from '../../src/audit/tree.ts'
import { signRow, verifyRow } from '../../src/crypto/formats/row-mac.ts'
import { type LedgerRow, versionOf } from '../../src/domain/rows.ts'
import { systemClock } from '../../src/ports/clock.ts'
import type { AuditEntry, Submission } from '../../src/ports/journal.ts'
import { guardsOf, headFields } from '../../src/store/postgres/guards.ts'
import {
  begin,
  builder,
  commit,
  type Statement,
  statementOf,
} from '../../src/store/postgres/statements.ts'
import * as queries from '../../src/store/queries.ts'
import { asRow, columnsIn } from '../../src/store/reads/read.ts'
import type { Scene } from './scene.ts'
import { SessionBefore } from './session-before.ts'

/** The table of records; the head has the same table as today. */
export const recordsTable =
  'CREATE TABLE audit_leaves (tree_index bigint PRIMARY KEY, leaf bytea NOT NULL)'

/** ID of the one log. */
const theLog = 'log'

const headLocked: Statement = {
  text: `${builder
    .selectFrom('ledgers')
    .select(headFields as never)
    .where('id', '=', theLog)
    .compile()
    .sql.replace('$1', `'${theLog}'`)} FOR UPDATE`,
  named: true,
}
const insertRecords =
  'INSERT INTO audit_leaves (tree_index, leaf) SELECT * FROM unnest($1::bigint[], $2::bytea[])'

type Leaf = { readonly treeIndex: number; readonly leaf: Uint8Array }

export class WriterBefore {
  readonly #session: SessionBefore
  readonly #deployment: string
  readonly #rowMac: KeyObject
  #head: LedgerRow
  #frontier = new Frontier()

  private constructor(session: SessionBefore, { deployment, rowMac }: Scene) {
    this.#session = session
    this.#deployment = deployment
    this.#rowMac = rowMac
    this.#head = firstHead(rowMac, theLog, systemClock.wallNow())
  }

  static async open(scene: Scene): Promise<WriterBefore> {
    return new WriterBefore(await SessionBefore.open(scene.url), scene)
  }

  /** The head of a log without records. The first group could not lock it otherwise. */
  async makeHead(): Promise<void> {
    const { revision: _, schemaVersion: __, mac: ___, ...values } = this.#head
    const head = signRow(this.#rowMac, 'ledgers', values, 1)
    await this.#session.flight([begin(), statementOfHead(head), commit])
  }

  /** @throws Error unless everything is recorded. */
  async write(group: readonly Submission[]): Promise<void> {
    const lists = new Set(group.map(({ guards }) => guards))
    const named = [
      ...new Map([...lists].flat().map((one) => [`${one[0]} ${one[1]}`, one])).values(),
    ]
    const versions = guardsOf(named)
    const [, heads, found] = await this.#session.flight([begin(), headLocked, versions.statement])
    this.#goOnFrom(asRow<LedgerRow>(headFields, heads?.rows[0] ?? []))
    const current = versions.read(found?.rows ?? []).versions
    if (named.some(([, , version], i) => current[i] !== version)) throw new Error('a row changed')
    const now = systemClock.wallNow()
    const leaves = group.flatMap(({ entry }) => (entry === null ? [] : [this.#append(entry, now)]))
    const head = this.#nextHead(leaves.length, now)
    const answers = await this.#session.flight([insertOf(leaves), statementOfHead(head), commit])
    if (answers.at(-1)?.command !== 'COMMIT') throw new Error('the group was not committed')
    this.#head = head
  }

  close(): void {
    this.#session.close()
  }

  /** Another node may have written. */
  #goOnFrom(head: LedgerRow): void {
    if (versionOf(head) === versionOf(this.#head)) return
    verifyRow(this.#rowMac, 'ledgers', head)
    this.#head = head
    this.#frontier = Frontier.decode(head.treeSize, head.frontier)
  }

  #append(entry: AuditEntry, timeMs: number): Leaf {
    const treeIndex = this.#frontier.size
    const { signatureDigest, contextDigest } = entry
    const record = {
      ...entry,
      node: theLog,
      nodeSequence: treeIndex + 1,
      timeMs,
      signatureDigest: signatureDigest === null ? null : Buffer.from(signatureDigest, 'hex'),
      contextDigest: contextDigest === null ? null : Buffer.from(contextDigest, 'hex'),
    }
    const { encoded, hashed } = hashedLeaf(this.#deployment, record, [])
    this.#frontier.append(hashed)
    return { treeIndex, leaf: encoded }
  }

  #nextHead(records: number, timeFloor: number): LedgerRow {
    const { id, nodeSequence, revision, epoch } = this.#head
    const values = {
      ...{ id, nodeSequence: nodeSequence + records, treeSize: this.#frontier.size },
      ...{ treeRoot: this.#frontier.root(), frontier: this.#frontier.encode(), timeFloor, epoch },
    }
    return signRow(this.#rowMac, 'ledgers', values, revision + 1)
  }
}

function statementOfHead(head: LedgerRow): Statement {
  const { id, expected } = queries.writeOfHead(head)
  const statements = queries.rowStatements(builder, 'ledgers')
  const values = columnsIn('ledgers', head)
  return expected === 0
    ? statementOf(statements.insert, ...values)
    : statementOf(statements.update, ...values, id, expected)
}

function insertOf(leaves: readonly Leaf[]): Statement {
  const texts = leaves.map(({ leaf }) => `"\\\\x${Buffer.from(leaf).toString('hex')}"`)
  return {
    text: insertRecords,
    parameters: [`{${leaves.map(({ treeIndex }) => treeIndex)}}`, `{${texts}}`],
    named: true,
  }
}
