/**
 * Work triggered by time: keys rotate, expired material is erased, scheduled deletions happen,
 * tokens end. Conditional on revisions like any call.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { type LoadedProject, serviceCaller } from '../../access/principals.ts'
import { type DamagedRow, damagedRow, isDamage } from '../../domain/damaged-row.ts'
import { KmsError } from '../../domain/errors.ts'
import { randomUuid } from '../../domain/ids.ts'
import { serviceDialect } from '../../domain/operations.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Source } from '../../ports/source.ts'
import type { DueKind, DuePosition, StoreReader } from '../../ports/store.ts'
import { endExpiredSession } from '../access/sessions.ts'
import type { Call, Command } from '../command.ts'
import type { Engine } from '../engine.ts'
import { endKey } from '../keys/lifecycle.ts'
import { rotateOnSchedule } from '../keys/rotation.ts'
import { endImportToken, expireKeyMaterial } from '../material/import.ts'

/**
 * The next rotation is set by the deciding clock: if the two clocks are further apart than this, it
 * could be set for a wrong time.
 */
const rotationSkewMs = 60_000
const atOnce = 200
/** Maximum number of pages of one kind that a round reads while it finds nothing to do. */
const pagesAtOnce = 5
/** Damaged rows are checked again after this long. */
const damagedAgainMs = 3_600_000
const usuallyKept = 100_000

type DueTable = 'keys' | 'importTokens' | 'sessions'

export type DueWorkParts = {
  readonly engine: Engine
  readonly reader: StoreReader
  readonly projects: Source<LoadedProject>
  readonly clock: Clock
  readonly random: Random
  /** How long a deletion waits if it fell due while the server was stopped. */
  readonly missedDeletionWaitMs: number
  /** Called for each row for which nothing can be done, since it is damaged. */
  readonly onDamaged: (damaged: DamagedRow) => void
  /**
   * Maximum number of damaged rows that are remembered; beyond it, the ones found first are
   * reported again.
   */
  readonly damagedKept?: number
}

export class DueWork {
  readonly #parts: DueWorkParts
  readonly #startedAt: number
  /** The last row of the last page, for each kind whose end was not reached. */
  readonly #reached = new Map<DueKind, DuePosition>()
  /** When to check again, by the monotonic clock. */
  readonly #damaged: LRUCache<string, number>

  constructor(parts: DueWorkParts) {
    this.#parts = parts
    this.#startedAt = parts.clock.monotonic()
    this.#damaged = new LRUCache({ max: parts.damagedKept ?? usuallyKept })
  }

  /**
   * Does what is due by both clocks. Refusing use never waits; what cannot be undone waits until
   * wall clock and floor agree that it is time. Erasing by a clock that jumped ahead would lose
   * what a corrected clock would have kept.
   * @returns how much was done; the caller calls again at once while it is not 0.
   */
  async run(): Promise<number> {
    const { engine } = this.#parts
    const now = engine.agreedNow()
    let done = 0
    if (engine.decidingNow() - now <= rotationSkewMs)
      done += await this.#all('rotations', now, ({ id }) =>
        this.#one('keys', id, rotateOnSchedule, { key: id }),
      )
    done += await this.#all('expired', now, ({ id }) =>
      this.#one('keys', id, expireKeyMaterial, { key: id }),
    )
    done += await this.#all('deletions', now, async ({ at, id }) =>
      this.#mayDelete(at, now) ? this.#one('keys', id, endKey, { key: id }) : 0,
    )
    done += await this.#all('tokens', now, ({ id }) =>
      this.#one('importTokens', id, endImportToken, { tokenId: id }),
    )
    done += await this.#all('sessions', now, ({ id }) =>
      this.#one('sessions', id, endExpiredSession, { sessionId: id }),
    )
    return done
  }

  /**
   * Some pages of what is due, from where the last round stopped: what cannot be done now is
   * skipped, and tried again in the next pass.
   */
  async #all(
    what: DueKind,
    now: number,
    perform: (due: DuePosition) => Promise<number>,
  ): Promise<number> {
    let done = 0
    for (let pages = 0; pages < pagesAtOnce && done === 0; pages++) {
      const page = await this.#parts.reader.due(what, now, this.#reached.get(what) ?? null, atOnce)
      for (const due of page) done += await perform(due)
      const last = page.at(-1)
      if (page.length < atOnce || last === undefined) {
        this.#reached.delete(what)
        return done
      }
      this.#reached.set(what, last)
      await nextTurn()
    }
    return done
  }

  /**
   * A deletion that fell due while the server was stopped waits, so that people have some time to
   * notice it.
   */
  #mayDelete(deletionAt: number, now: number): boolean {
    const { clock, missedDeletionWaitMs } = this.#parts
    const runningMs = clock.monotonic() - this.#startedAt
    return deletionAt > now - runningMs || runningMs >= missedDeletionWaitMs
  }

  async #one<I>(table: DueTable, id: string, command: Command<I, null>, input: I): Promise<number> {
    const { engine, reader, projects, random } = this.#parts
    const name = `${table} ${id}`
    if (this.#isDamaged(name)) return 0
    try {
      const row = await reader.row(table, id)
      const project = row !== undefined ? await projects.load(row.projectId) : undefined
      if (project === undefined) return 0
      const call: Call = {
        caller: serviceCaller(project),
        requestId: randomUuid(random.bytes(16)),
        dialect: serviceDialect,
        source: 'local',
        signatureDigest: null,
        tries: 1,
      }
      await engine.run(call, command, input)
      this.#damaged.delete(name)
      return 1
    } catch (error) {
      // Another node did it, or it is not possible now: the next round will find out.
      if (!(error instanceof KmsError)) throw error
      if (isDamage(error)) this.#found(name, damagedRow(table, id, error))
      return 0
    }
  }

  /**
   * A damaged row is left as it is. Its MAC covers all of it, so the instant at which it falls due
   * may be the very value that was altered: nothing irreversible is done because of a row that
   * cannot be trusted. It cannot be used in this state, and people are notified. Rows are treated
   * separately: a token ends even if its key is damaged. A row that was repaired is processed
   * within an hour.
   */
  #found(name: string, damaged: DamagedRow): void {
    if (!this.#damaged.has(name)) this.#parts.onDamaged(damaged)
    this.#damaged.set(name, this.#parts.clock.monotonic() + damagedAgainMs)
  }

  #isDamaged(name: string): boolean {
    const again = this.#damaged.get(name)
    return again !== undefined && this.#parts.clock.monotonic() < again
  }
}
