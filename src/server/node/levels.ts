/**
 * Takes the deployment to the level of this release once every node can read what that brings, and
 * lets an operator keep it from that, or do it before.
 */
import type { KeyObject } from 'node:crypto'
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { KmsError } from '../../domain/errors.ts'
import { firstLevel, newestLevel, silentMs } from '../../domain/levels.ts'
import { type EpochRow, type NodeRow, versionOf } from '../../domain/rows.ts'
import { refusalOf } from '../../engine/engine.ts'
import { allRows } from '../../ports/all-rows.ts'
import { type Journal, type LevelChange, serviceEntry, submitOwn } from '../../ports/journal.ts'
import type { Random } from '../../ports/random.ts'
import type { StoreReader } from '../../ports/store.ts'

/**
 * A node that has not been there for so long is not waited for, whether it said that it stopped or
 * not: it may be starting again. If it comes back later with the release before, it refuses by
 * name.
 */
const waitedForMs = 600_000

type Parts = {
  readonly journal: Journal
  readonly reader: Pick<StoreReader, 'row' | 'scan'>
  readonly random: Random
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
  readonly deployment: string
  /** ID of this node. */
  readonly node: string
  /** The level of this release; a test has others. */
  readonly newest?: number
}

/** What `holdfast upgrade` shows; instants are milliseconds since 1970. */
export type LevelView = {
  readonly level: number
  /** The highest that the release of this node knows. */
  readonly newest: number
  readonly isHeld: boolean
  /** Nodes that are waited for. */
  readonly nodes: readonly {
    readonly id: string
    readonly version: string
    readonly address: string
    readonly seenAt: number
    readonly level: number
  }[]
}

type Found = { readonly view: LevelView; readonly epoch: EpochRow | undefined }

export class Levels {
  readonly #parts: Parts
  readonly #newest: number
  /** When this node was there last, and since when without a gap. */
  #own: { readonly seenAt: number; readonly since: number } | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#newest = parts.newest ?? newestLevel
  }

  /** @throws KmsError stored-record-corrupt, StoreUnavailable. */
  async view(): Promise<LevelView> {
    return (await this.#find()).view
  }

  async #find(): Promise<Found> {
    const { journal, reader, rowMac, deployment } = this.#parts
    const epoch = await reader.row('epochs', deployment)
    if (epoch !== undefined) verifyRow(rowMac, 'epochs', epoch)
    const now = journal.decidingNow()
    const present = (await allRows(reader, 'nodes')).filter((node) => this.#isWaitedFor(node, now))
    for (const node of present) verifyRow(rowMac, 'nodes', node)
    const view = {
      level: epoch?.level ?? firstLevel,
      newest: this.#newest,
      isHeld: epoch?.levelHeld === 1,
      nodes: present.map(({ id, version, address, seenAt, level }) => ({
        id,
        version,
        address,
        seenAt,
        level: level ?? firstLevel,
      })),
    }
    return { view, epoch }
  }

  /**
   * A node that has not stopped is gone only if this one was there and did not see it: while the
   * store was away, nobody could say anything.
   */
  #isWaitedFor({ stoppedAt, seenAt }: NodeRow, now: number): boolean {
    if (seenAt > now - waitedForMs) return true
    return stoppedAt === null && (this.#own?.since ?? now) > now - waitedForMs
  }

  /**
   * Called after this node has said that it is there: it is one of the nodes that are waited for.
   */
  async look(): Promise<void> {
    if (!(await this.#isThere())) return
    const found = await this.#find()
    const { level, isHeld, nodes } = found.view
    if (isHeld || level >= this.#newest) return
    const common = Math.min(this.#newest, ...nodes.map((node) => node.level))
    // What is stale by now is looked at again.
    if (common > level) await this.#set({ level: common, isHeld }, found, null)
  }

  /**
   * Whether what this node said last is in the store, and not from long ago. If it was not there
   * itself for a while, it does not know which others were.
   */
  async #isThere(): Promise<boolean> {
    const { journal, reader, rowMac, node } = this.#parts
    const row = await reader.row('nodes', node)
    if (row !== undefined) verifyRow(rowMac, 'nodes', row)
    const seenAt = row?.seenAt ?? 0
    const last = this.#own
    this.#own = {
      seenAt,
      since: last !== undefined && seenAt - last.seenAt < silentMs ? last.since : seenAt,
    }
    return seenAt > journal.decidingNow() - silentMs
  }

  /**
   * Keeps the deployment at its level, so that a node can go back to the release before.
   * @throws KmsError changed-meanwhile if it is kept there already, or goes further at this moment;
   * audit-unavailable.
   */
  async hold(): Promise<LevelView> {
    const found = await this.#find()
    const { level, isHeld } = found.view
    if (isHeld) throw new KmsError('changed-meanwhile', `the deployment is held at level ${level}`)
    return this.#byOperator({ level, isHeld: true }, found)
  }

  /**
   * Takes the deployment to the level of this release, even if nodes of the release before run:
   * they refuse everything from then on.
   * @throws KmsError as `hold`.
   */
  async finish(): Promise<LevelView> {
    const found = await this.#find()
    const { level, isHeld } = found.view
    if (level >= this.#newest && !isHeld)
      throw new KmsError(
        'changed-meanwhile',
        `the deployment is at level ${level}, and this release knows no higher one`,
      )
    return this.#byOperator({ level: Math.max(level, this.#newest), isHeld: false }, found)
  }

  async #byOperator(change: LevelChange, found: Found): Promise<LevelView> {
    const receipt = await this.#set(change, found, 'operator')
    const refusal = refusalOf(receipt)
    if (refusal !== undefined) throw refusal
    if (receipt === 'stale')
      throw new KmsError(
        'changed-meanwhile',
        'the deployment went further at this moment: look at it again with holdfast upgrade',
      )
    return this.view()
  }

  /** Stale if the epoch is another one by then: somebody else may have raised or held the level. */
  #set(setsLevel: LevelChange, { view, epoch }: Found, principal: string | null) {
    const { level, isHeld } = setsLevel
    const { random, journal, deployment } = this.#parts
    const from = view.level
    const entry = serviceEntry({
      requestId: random.bytes(16).toHex(),
      operation: 'set-level',
      principal,
      detail: `level ${from}${level === from ? '' : ` to ${level}`}${isHeld ? ', held' : ''}`,
    })
    const guards = [['epochs', deployment, versionOf(epoch)]] as const
    return submitOwn(journal, { entry, guards, setsLevel })
  }
}
