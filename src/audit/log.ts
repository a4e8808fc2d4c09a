/**
 * The log of one node: numbers records without gaps, hashes them into the tree, and keeps the head
 * that is written with them.
 */
import type { KeyObject } from 'node:crypto'
import type { CanonicalValue } from '../crypto/formats/canonical.ts'
import { signRow, verifyRow } from '../crypto/formats/row-mac.ts'
import { firstLevel } from '../domain/levels.ts'
import {
  absent,
  type EpochRow,
  type LedgerRow,
  type RowSet,
  type RowVersion,
  type RowWrite,
  versionOf,
} from '../domain/rows.ts'
import type { AcceptedTime, AuditLog, Entered, Epoch } from '../ports/audit-log.ts'
import type { AuditEntry, LevelChange } from '../ports/journal.ts'
import type { LeafGroup } from '../ports/store.ts'
import {
  type Before,
  epochLossText,
  latestFloor,
  lossText,
  withClock,
  withLevel,
  withLoss,
  withoutLoss,
} from './epochs.ts'
import { bodyOf, packedBody } from './leaf-groups.ts'
import type { RecentLeaves } from './recent-leaves.ts'
import { changesOf, hashedLeaf } from './record.ts'
import { Frontier } from './tree.ts'

/** Most calls change no row. */
const none: CanonicalValue[] = []

export class NodeLog implements AuditLog {
  readonly deployment: string
  readonly #rowMacKey: KeyObject
  #durable: LedgerRow
  #durableFrontier: Frontier
  #sequence: number
  #frontier: Frontier
  /** Appended since the last commit. */
  #leaves: Uint8Array[] = []
  readonly #recent: RecentLeaves | undefined
  #pending: LedgerRow | undefined
  /** The leaves of `#pending`, as they are packed. */
  #body: Uint8Array | undefined
  #epoch: EpochRow | undefined
  #pendingEpoch: EpochRow | undefined
  #mayAdopt = false
  #lostAtStart: string | undefined

  /**
   * @param head from the store, verified by the caller, or that of a log that begins now.
   * @param rowMacKey the deployment's.
   * @param parts.epoch from the store, verified by the caller; undefined before the first one.
   * @param parts.lost what was found lost at the start, until an operator accepts it.
   * @param parts.recent keeps what is committed.
   */
  constructor(
    deployment: string,
    rowMacKey: KeyObject,
    head: LedgerRow,
    {
      epoch,
      lost,
      recent,
    }: {
      readonly epoch?: EpochRow | undefined
      readonly lost?: string | undefined
      readonly recent?: RecentLeaves
    } = {},
  ) {
    this.deployment = deployment
    this.#rowMacKey = rowMacKey
    this.#durable = head
    this.#durableFrontier = Frontier.decode(head.treeSize, head.frontier)
    this.#sequence = head.nodeSequence
    this.#frontier = this.#durableFrontier.copy()
    this.#epoch = epoch
    this.#lostAtStart = lost
    this.#recent = recent
  }

  get id(): string {
    return this.#durable.id
  }

  get version(): RowVersion {
    return this.#durable.revision === 0 ? absent : versionOf(this.#durable)
  }

  get epoch(): Epoch {
    const { epoch: number = 0, lossAccepted = 0, lost = null, level } = this.#epoch ?? {}
    return {
      version: versionOf(this.#epoch),
      number,
      lossAccepted,
      lost: lost ?? this.#lostAtStart ?? null,
      level: level ?? firstLevel,
    }
  }

  /** What was committed last, to be remembered outside the store. */
  get mark(): {
    readonly log: string
    readonly epoch: number
    readonly treeSize: number
    readonly frontier: Uint8Array
  } {
    const { id: log, treeSize, frontier } = this.#durable
    return { log, epoch: this.epoch.number, treeSize, frontier }
  }

  append(entry: AuditEntry, timeMs: number, writes: readonly RowWrite[]): void {
    this.#sequence++
    const changes = writes.length === 0 ? none : changesOf(writes)
    const record = {
      ...entry,
      node: this.#durable.id,
      nodeSequence: this.#sequence,
      timeMs,
      signatureDigest: bytesOrNull(entry.signatureDigest),
      contextDigest: bytesOrNull(entry.contextDigest),
    }
    const { encoded, hashed } = hashedLeaf(this.deployment, record, changes)
    this.#frontier.append(hashed)
    this.#leaves.push(encoded)
  }

  ending(timeFloor: number): { readonly head: LedgerRow; readonly group: LeafGroup | null } {
    const values = {
      id: this.#durable.id,
      nodeSequence: this.#sequence,
      treeSize: this.#frontier.size,
      treeRoot: this.#frontier.root(),
      frontier: this.#frontier.encode(),
      timeFloor,
      epoch: this.#latest?.epoch ?? null,
    }
    this.#pending = signRow(this.#rowMacKey, 'ledgers', values, this.#durable.revision + 1)
    if (this.#leaves.length === 0) return { head: this.#pending, group: null }
    this.#body = bodyOf(this.#leaves)
    const { id, treeSize } = this.#durable
    return { head: this.#pending, group: packedBody(id, treeSize, this.#leaves.length, this.#body) }
  }

  enter(epoch: EpochRow | undefined): Entered | undefined {
    if (epoch !== undefined) verifyRow(this.#rowMacKey, 'epochs', epoch)
    const before = this.#epoch
    if ((epoch?.epoch ?? 0) < (before?.epoch ?? 0)) return undefined
    const { clockAccepted = 0, lossAccepted = 0, timeFloor = 0 } = epoch ?? {}
    const forgets = lossAccepted > (before?.lossAccepted ?? 0)
    const isClock = clockAccepted > (before?.clockAccepted ?? 0)
    this.#mayAdopt ||= forgets
    this.#begin(epoch)
    return { forgets, clock: isClock ? { epoch: clockAccepted, timeFloor } : undefined }
  }

  floorSince(clock: AcceptedTime, heads: readonly LedgerRow[]): number {
    for (const head of heads) verifyRow(this.#rowMacKey, 'ledgers', head)
    return latestFloor(clock, heads)
  }

  get mayAdopt(): boolean {
    return this.#mayAdopt
  }

  withClock(timeFloor: number): RowWrite {
    return this.#next(withClock(this.#rowMacKey, this.deployment, this.#before, timeFloor))
  }

  withoutLoss(): RowWrite {
    return this.#next(withoutLoss(this.#rowMacKey, this.deployment, this.#before))
  }

  withLevel(change: LevelChange): RowWrite {
    return this.#next(withLevel(this.#rowMacKey, this.deployment, this.#before, change))
  }

  lossOf(found: LedgerRow | undefined): RowWrite | undefined {
    if (found !== undefined) verifyRow(this.#rowMacKey, 'ledgers', found)
    const { id, revision, treeSize } = this.#durable
    // Another process has moved it further: nothing is lost.
    if (found !== undefined && found.revision > revision) return undefined
    const lost = lossText(id, treeSize, found?.treeSize ?? 0)
    return withLoss(this.#rowMacKey, this.deployment, { current: this.#epoch }, lost)
  }

  lossOfEpoch(found: EpochRow | undefined): RowWrite {
    const known = this.epoch.number
    const lost = epochLossText(known, found?.epoch ?? 0)
    return withLoss(this.#rowMacKey, this.deployment, { current: found, known }, lost)
  }

  adopt(found: LedgerRow | undefined): void {
    if (found !== undefined) verifyRow(this.#rowMacKey, 'ledgers', found)
    const { id, timeFloor } = this.#durable
    this.#durable = found ?? firstHead(this.#rowMacKey, id, timeFloor)
    this.#durableFrontier = Frontier.decode(this.#durable.treeSize, this.#durable.frontier)
    this.#mayAdopt = false
    this.rolledBack()
  }

  committed(): void {
    if (this.#pending === undefined) throw new TypeError('no head was made since the last commit')
    if (this.#body !== undefined) {
      const group = {
        firstIndex: this.#durable.treeSize,
        count: this.#leaves.length,
        body: this.#body,
      }
      this.#recent?.add(this.#durable.id, this.#pending.epoch, group)
    }
    this.#durable = this.#pending
    this.#durableFrontier = this.#frontier.copy()
    if (this.#pendingEpoch !== undefined) this.#begin(this.#pendingEpoch)
    this.#pending = undefined
    this.#pendingEpoch = undefined
    this.#mayAdopt = false
    this.#leaves = []
    this.#body = undefined
  }

  rolledBack(): void {
    this.#pending = undefined
    this.#pendingEpoch = undefined
    this.#leaves = []
    this.#body = undefined
    this.#sequence = this.#durable.nodeSequence
    this.#frontier = this.#durableFrontier.copy()
  }

  get #before(): Before {
    return { current: this.#latest }
  }

  get #latest(): EpochRow | undefined {
    return this.#pendingEpoch ?? this.#epoch
  }

  #next(write: RowSet<'epochs'>): RowWrite {
    this.#pendingEpoch = write.row
    return write
  }

  #begin(epoch: EpochRow | undefined): void {
    if ((epoch?.lossAccepted ?? 0) > (this.#epoch?.lossAccepted ?? 0)) this.#lostAtStart = undefined
    this.#epoch = epoch
  }
}

/**
 * The head of a log that holds nothing yet: revision 0, never stored itself; the first group of
 * records writes revision 1.
 */
export function firstHead(rowMacKey: KeyObject, node: string, timeFloor: number): LedgerRow {
  const empty = new Frontier()
  const values = {
    id: node,
    nodeSequence: 0,
    treeSize: 0,
    treeRoot: empty.root(),
    frontier: empty.encode(),
    timeFloor,
    epoch: null,
  }
  return signRow(rowMacKey, 'ledgers', values, 0)
}

function bytesOrNull(hex: string | null): Uint8Array | null {
  return hex === null ? null : Buffer.from(hex, 'hex')
}
