/**
 * Watches what the database commits and what callers are answered, and says what must not be. It
 * knows every commit, also those that were lost, and when they were lost.
 */
import { type AuditLeaf, unpacked } from '../../src/audit/leaf-groups.ts'
import { type AuditRecord, type RecordedChange, recordOf } from '../../src/audit/record.ts'
import { Frontier, leafHash } from '../../src/audit/tree.ts'
import { keyState } from '../../src/domain/keys/key-state.ts'
import {
  deploymentTree,
  type LedgerRow,
  type Row,
  type RowVersion,
  type RowWrite,
  versionOf,
} from '../../src/domain/rows.ts'
import { isRecorded, type TableName } from '../../src/domain/tables.ts'
import type { Submission } from '../../src/ports/journal.ts'
import type { Mark } from '../../src/server/node/marks.ts'
import type { Owner } from './node.ts'
import type { Committed, DatabaseObserver, State } from './store/database.ts'
import { rowIn } from './store/reader.ts'

type Recorded = AuditRecord & { readonly changes: readonly RecordedChange[] }

/** A record that was committed, whether or not it was lost later. */
export type Entry = {
  readonly record: Recorded
  readonly serial: number
  /** That of the head it was written with. */
  readonly timeFloor: number
  readonly era: number
}

const revivals: ReadonlySet<string> = new Set(['enable-key', 'import-key-material'])
const uses: ReadonlySet<string> = new Set(['encrypt', 'decrypt'])
/** Small jumps of a clock are followed: the floor tolerates them. */
const toleratedMs = 66_000

export class Oracle implements DatabaseObserver {
  readonly #onViolation: (what: string) => void
  readonly #submissions = new Map<string, Submission>()
  readonly #entries = new Map<string, Entry[]>()
  #lineage = new Set<number>([0])
  /** Which commit made a head, by its log and version. */
  readonly #serials = new Map<string, number>()
  /** The heads that a log had at a size, by its root: some were written without a record. */
  readonly #heads = new Map<string, LedgerRow[]>()
  /** Whether the database went back since an operator accepted it last. */
  #wentBack = false
  /** The commits by which an operator accepted something, and whether one was lost. */
  #acceptances: number[] = []
  #hasLostAcceptance = false
  /** The latest floor of time with which a caller was answered. */
  #shown = 0
  readonly #shownAtBegin = new Map<string, { readonly at: number; readonly era: number }>()
  /** Counts what may move time back: an acceptance, and a loss. */
  #era = 0
  readonly #revivals = new Map<string, number[]>()

  constructor(onViolation: (what: string) => void) {
    this.#onViolation = onViolation
  }

  /** Whether the nodes may decide by floors that differ: some followed a clock that was wrong. */
  floorsDiffer = false

  began(requestId: string): void {
    this.#shownAtBegin.set(requestId, { at: this.#shown, era: this.#era })
  }

  submitted(submission: Submission): void {
    const { entry } = submission
    if (entry !== null) this.#submissions.set(nameOf(entry), submission)
  }

  /** The records of a call. */
  entriesOf(requestId: string): readonly Entry[] {
    return this.#entries.get(requestId) ?? []
  }

  isThere(serial: number): boolean {
    return this.#lineage.has(serial)
  }

  /** The commits that may have made a key usable again. */
  revivals(keyId: string): readonly number[] {
    return this.#revivals.get(keyId) ?? []
  }

  /** A caller was given the answer that a record is about. */
  showed({ timeFloor, serial, era }: Entry): void {
    if (this.isThere(serial) && era === this.#era) this.#shown = Math.max(this.#shown, timeFloor)
  }

  /** The version of the head that a mark remembers. */
  versionOfMark({ log, treeSize, frontier }: Mark): string | undefined {
    const root = Frontier.decode(treeSize, frontier).root()
    const head = this.#heads.get(placeOf(log, treeSize, root))?.[0]
    return head && versionOf(head)
  }

  /** The heads that a log had at a size, without those that were lost. */
  headsAt(log: string, treeSize: number, root: Uint8Array): LedgerRow[] {
    const heads = this.#heads.get(placeOf(log, treeSize, root)) ?? []
    return heads.filter((head) => this.#isCurrent(head.id, versionOf(head)))
  }

  wentBack(from: State, to: State): void {
    this.#wentBack = true
    this.#newEra()
    for (const serial of this.#lineage) if (serial > to.serial) this.#lineage.delete(serial)
    if (!this.#lineage.has(to.serial)) this.#onViolation(`${from.serial} did not follow it`)
    const accepted = this.#acceptances.filter((serial) => this.#lineage.has(serial))
    this.#hasLostAcceptance ||= accepted.length < this.#acceptances.length
    this.#acceptances = accepted
  }

  committed(commit: Committed): void {
    const { after, head, before } = commit
    this.#lineage.add(after.serial)
    const lost = epochIn(before)?.lost ?? null
    if (head === null) return this.#committedAlone(commit)
    this.#serials.set(`${head.id} ${versionOf(head)}`, after.serial)
    const place = placeOf(head.id, head.treeSize, head.treeRoot)
    this.#heads.set(place, [...(this.#heads.get(place) ?? []), head])
    const leaves = commit.group === null ? [] : unpacked(commit.group)
    this.#checkLog(commit, head, leaves)
    if (head.id === deploymentTree) return
    const [now, last] = [epochIn(after), epochIn(before)]
    const isAcceptance = (now?.lossAccepted ?? 0) > (last?.lossAccepted ?? 0)
    const isClock = (now?.clockAccepted ?? 0) > (last?.clockAccepted ?? 0)
    if (lost !== null && !isAcceptance)
      this.#onViolation(`${head.id} wrote after it was noticed: ${lost}`)
    if (isAcceptance) this.#acceptances.push(after.serial)
    else this.#checkKnowledge(commit)
    this.#checkRecords(commit, head, leaves)
    if (isAcceptance || isClock) this.#newEra()
  }

  #newEra(): void {
    this.#era++
    this.#shown = 0
  }

  #committedAlone({ writes }: Committed): void {
    for (const { table, row } of writes) {
      if (table !== 'epochs') this.#onViolation(`${table} changed without a record`)
      const { lost } = row as unknown as Row<'epochs'>
      // Epochs that follow a lost acceptance have the numbers of lost ones.
      if (!this.#wentBack && !this.#hasLostAcceptance)
        this.#onViolation(`nothing was lost since it was accepted, but: ${lost}`)
    }
  }

  /** A node that has seen something which is gone writes nothing before that is accepted. */
  #checkKnowledge({ owner, after, head }: Committed): void {
    const { node, known } = owner as Owner
    for (const [log, { version, epoch, timeFloor }] of known) {
      const isSame = (head?.epoch ?? 0) === epoch && (epochIn(after)?.epoch ?? 0) === epoch
      if (isSame && head !== null && head.timeFloor < timeFloor)
        this.#onViolation(`${node.name} let its time go back by ${timeFloor - head.timeFloor} ms`)
      const seen = this.#serials.get(`${log} ${version}`) ?? 0
      const isAccepted = this.#acceptances.some((serial) => serial > seen)
      if (!isAccepted && !this.#isCurrent(log, version))
        this.#onViolation(`${node.name} wrote to ${head?.id} although ${log} has lost what it saw`)
    }
  }

  #isCurrent(log: string, version: RowVersion): boolean {
    const serial = this.#serials.get(`${log} ${version}`)
    return serial !== undefined && this.#lineage.has(serial)
  }

  /** Without a gap, and with the tree that its head has. */
  #checkLog({ before, group }: Committed, head: LedgerRow, leaves: readonly AuditLeaf[]): void {
    const last = rowIn(before, 'ledgers', head.id)
    const size = last?.treeSize ?? 0
    const frontier = Frontier.decode(size, last?.frontier ?? new Uint8Array())
    if (group !== null && (group.firstIndex !== size || group.count !== leaves.length))
      this.#onViolation(`${head.id} has a gap at ${size}`)
    for (const { leaf } of leaves) frontier.append(leafHash(leaf))
    const isSame = Buffer.compare(frontier.root(), head.treeRoot) === 0
    if (!isSame || frontier.size !== head.treeSize || head.nodeSequence !== head.treeSize)
      this.#onViolation(`the tree of ${head.id} is not as its head says`)
  }

  #checkRecords(commit: Committed, head: LedgerRow, leaves: readonly AuditLeaf[]): void {
    const { before, after } = commit
    const epoch = epochIn(after)?.epoch ?? 0
    if ((head.epoch ?? 0) !== epoch) this.#onViolation(`${head.id} is in epoch ${head.epoch}`)
    const seen = new Versions(before)
    const sequence = rowIn(before, 'ledgers', head.id)?.nodeSequence ?? 0
    for (const [i, { leaf }] of leaves.entries()) {
      const record = recordOf(leaf)
      const entry = { record, serial: after.serial, timeFloor: head.timeFloor, era: this.#era }
      this.#entries.set(record.requestId, [...this.entriesOf(record.requestId), entry])
      if (record.operation === 'accept-loss') this.#wentBack = false
      if (revivals.has(record.operation) && record.keyId !== null)
        this.#revivals.set(record.keyId, [...this.revivals(record.keyId), after.serial])
      if (record.nodeSequence !== sequence + i + 1) this.#onViolation('a number is missing')
      this.#checkRecord(record, seen, commit)
    }
    for (const { table, id, row } of commit.writes)
      if (isRecorded(table) && seen.of(table, id) !== versionOf(row))
        this.#onViolation(`${table} ${id} changed without a record`)
  }

  /** What it was decided on is what holds when it is committed. */
  #checkRecord(record: Recorded, seen: Versions, { clockAt }: Committed): void {
    const submission = this.#submissions.get(nameOf(record))
    const what = `${record.operation} ${record.outcome} ${record.requestId}`
    if (submission === undefined) return this.#onViolation(`${what} was not submitted`)
    const stale = [...submission.guards, ...submission.writes.map(referenceOf)].find(
      ([table, id, version]) => seen.of(table, id) !== version,
    )
    if (stale !== undefined) this.#onViolation(`${what} is decided on an old ${stale[0]}`)
    const { notAfter } = submission
    if (notAfter !== null && Math.max(record.timeMs, clockAt) >= notAfter)
      this.#onViolation(`${what} came after its end`)
    this.#checkUse(record, seen, clockAt)
    const begin = this.#shownAtBegin.get(record.requestId)
    if (!this.floorsDiffer && begin?.era === this.#era && record.timeMs < begin.at - toleratedMs)
      this.#onViolation(
        `${what} was decided ${begin.at - record.timeMs} ms before the floor of another`,
      )
    seen.learn(submission.writes)
  }

  #checkUse(record: Recorded, seen: Versions, clockAt: number): void {
    const { operation, outcome, keyId, timeMs, keyRevision } = record
    if (!uses.has(operation) || outcome !== 'ok' || keyId === null) return
    const key = seen.key(keyId)
    const isUsable =
      key !== undefined &&
      key.revision === keyRevision &&
      key.deletedAt === null &&
      keyState(key, Math.max(timeMs, clockAt)) === 'enabled'
    if (!isUsable) this.#onViolation(`${operation} ${record.requestId} used a key that has ended`)
  }
}

/** Rows as they are between the records of a group. */
class Versions {
  readonly #state: State
  readonly #written = new Map<string, RowWrite>()

  constructor(state: State) {
    this.#state = state
  }

  of(table: TableName, id: string): RowVersion {
    const written = this.#written.get(`${table} ${id}`)
    return versionOf(written === undefined ? rowIn(this.#state, table, id) : written.row)
  }

  key(id: string): Row<'keys'> | undefined {
    const written = this.#written.get(`keys ${id}`)
    if (written === undefined) return rowIn(this.#state, 'keys', id)
    return (written.row as unknown as Row<'keys'> | null) ?? undefined
  }

  learn(writes: readonly RowWrite[]): void {
    for (const write of writes) this.#written.set(`${write.table} ${write.id}`, write)
  }
}

export function epochIn(state: State): Row<'epochs'> | undefined {
  const [row] = state.tables.get('epochs')?.values() ?? []
  return row as unknown as Row<'epochs'> | undefined
}

function placeOf(log: string, size: number, root: Uint8Array): string {
  return `${log} ${size} ${root.toHex()}`
}

function nameOf(one: { readonly requestId: string; readonly tries: number }): string {
  return `${one.requestId} ${one.tries}`
}

function referenceOf({ table, id, from }: RowWrite): readonly [TableName, string, RowVersion] {
  return [table, id, from]
}
