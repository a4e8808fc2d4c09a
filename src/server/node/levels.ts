/**
 * Takes the deployment to the level of this release once every node can read what that brings, and
 * lets an operator keep it from that, or do it before.
 */
import type { KeyObject } from 'node:crypto'
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import { KmsError } from '../../domain/errors.ts'
import { firstLevel, newestLevel } from '../../domain/levels.ts'
import type { NodeRow } from '../../domain/rows.ts'
import { refusalOf } from '../../engine/engine.ts'
import { allRows } from '../../ports/all-rows.ts'
import { type Journal, type LevelChange, serviceEntry, submitOwn } from '../../ports/journal.ts'
import type { Random } from '../../ports/random.ts'
import type { StoreReader } from '../../ports/store.ts'

/**
 * A node that has not been there for so long is not waited for. If it comes back with the release
 * before, it refuses by name.
 */
const waitedForMs = 600_000

type Parts = {
  readonly journal: Journal
  readonly reader: Pick<StoreReader, 'row' | 'scan'>
  readonly random: Random
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
  readonly deployment: string
  /** The level of this release; a test has others. */
  readonly newest?: number
}

/** What `holdfast upgrade` shows; instants are milliseconds since 1970. */
export type LevelView = {
  readonly level: number
  /** The highest that the release of this node knows. */
  readonly newest: number
  readonly isHeld: boolean
  /** Nodes that are waited for: those that were there recently and have not stopped. */
  readonly nodes: readonly {
    readonly id: string
    readonly version: string
    readonly address: string
    readonly seenAt: number
    readonly level: number
  }[]
}

export class Levels {
  readonly #parts: Parts
  readonly #newest: number

  constructor(parts: Parts) {
    this.#parts = parts
    this.#newest = parts.newest ?? newestLevel
  }

  /** @throws KmsError stored-record-corrupt, StoreUnavailable. */
  async view(): Promise<LevelView> {
    const { journal, reader, rowMac, deployment } = this.#parts
    const epoch = await reader.row('epochs', deployment)
    if (epoch !== undefined) verifyRow(rowMac, 'epochs', epoch)
    const now = journal.decidingNow()
    const present = (await allRows(reader, 'nodes')).filter((node) => isPresent(node, now))
    for (const node of present) verifyRow(rowMac, 'nodes', node)
    return {
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
  }

  /**
   * Called after this node has said that it is there: it is one of the nodes that are waited for.
   */
  async look(): Promise<void> {
    const { level, isHeld, nodes } = await this.view()
    if (isHeld || level >= this.#newest) return
    const common = Math.min(this.#newest, ...nodes.map((node) => node.level))
    // What is stale by now, another node has done.
    if (common > level) await this.#set({ level: common, isHeld }, level, null)
  }

  /**
   * Keeps the deployment at its level, so that a node can go back to the release before.
   * @throws KmsError changed-meanwhile if it is kept there already, or goes further at this moment;
   * audit-unavailable.
   */
  async hold(): Promise<LevelView> {
    const { level, isHeld } = await this.view()
    if (isHeld) throw new KmsError('changed-meanwhile', `the deployment is held at level ${level}`)
    return this.#byOperator({ level, isHeld: true }, level)
  }

  /**
   * Takes the deployment to the level of this release, even if nodes of the release before run:
   * they refuse everything from then on.
   * @throws KmsError as `hold`.
   */
  async finish(): Promise<LevelView> {
    const { level, isHeld } = await this.view()
    if (level >= this.#newest && !isHeld)
      throw new KmsError(
        'changed-meanwhile',
        `the deployment is at level ${level}, and this release knows no higher one`,
      )
    return this.#byOperator({ level: Math.max(level, this.#newest), isHeld: false }, level)
  }

  async #byOperator(change: LevelChange, from: number): Promise<LevelView> {
    const receipt = await this.#set(change, from, 'operator')
    const refusal = refusalOf(receipt)
    if (refusal !== undefined) throw refusal
    if (receipt === 'stale')
      throw new KmsError(
        'changed-meanwhile',
        'the deployment went further at this moment: look at it again with holdfast upgrade',
      )
    return this.view()
  }

  #set(setsLevel: LevelChange, from: number, principal: string | null) {
    const { level, isHeld } = setsLevel
    const { random, journal } = this.#parts
    const entry = serviceEntry({
      requestId: random.bytes(16).toHex(),
      operation: 'set-level',
      principal,
      detail: `level ${from}${level === from ? '' : ` to ${level}`}${isHeld ? ', held' : ''}`,
    })
    return submitOwn(journal, { entry, setsLevel })
  }
}

function isPresent({ stoppedAt, seenAt }: NodeRow, now: number): boolean {
  return stoppedAt === null && seenAt > now - waitedForMs
}
