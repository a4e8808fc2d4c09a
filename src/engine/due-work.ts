/** What time itself asks for: keys rotate, expired material is erased, scheduled deletions happen, tokens end. Conditional on revision like any call. */
import { type LoadedProject, serviceCaller } from '../access/principals.ts'
import { KmsError } from '../domain/errors.ts'
import { randomUuid } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Source } from '../ports/source.ts'
import type { StoreReader } from '../ports/store.ts'
import type { Call, Command } from './command.ts'
import type { Engine } from './engine.ts'
import { endImportToken, expireKeyMaterial } from './import.ts'
import { endKey } from './lifecycle.ts'
import { rotateOnSchedule } from './rotation.ts'
import { endExpiredSession } from './sessions.ts'

/** Wall clock and monotonic clock may drift apart by this much in one run before erasure and deletion wait. */
const clockJumpMs = 3_600_000
const atOnce = 200

export type DueWorkParts = {
  readonly engine: Engine
  readonly reader: StoreReader
  readonly projects: Source<LoadedProject>
  readonly clock: Clock
  readonly random: Random
  /** How long a deletion waits that fell due while the server was stopped. */
  readonly missedDeletionWaitMs: number
  readonly notice: (message: string) => void
}

export class DueWork {
  readonly #parts: DueWorkParts
  readonly #startedAt: { readonly wall: number; readonly monotonic: number }
  #paused = false

  constructor(parts: DueWorkParts) {
    this.#parts = parts
    this.#startedAt = { wall: parts.clock.now(), monotonic: parts.clock.monotonic() }
  }

  /** Does what is due now. @returns how many things were done; the caller asks again at once while it is not 0. */
  async run(): Promise<number> {
    const { engine, reader } = this.#parts
    const due = await reader.due(engine.now(), atOnce)
    let done = 0
    for (const id of due.rotations) done += await this.#one('keys', id, rotateOnSchedule, { keyId: id })
    // What follows cannot be undone; it waits while the clock is in doubt.
    if (this.#clockJumped()) return done
    for (const id of due.expired) done += await this.#one('keys', id, expireKeyMaterial, { keyId: id })
    for (const id of due.deletions) if (await this.#mayDelete(id)) done += await this.#one('keys', id, endKey, { keyId: id })
    for (const id of due.tokens) {
      const token = await reader.row('importTokens', id)
      if (token !== undefined) done += await this.#one('importTokens', id, endImportToken, { keyId: token.keyId, tokenId: id })
    }
    for (const { id } of await reader.rowsBelow('sessions', 'expiresAt', engine.now() + 1, atOnce))
      done += await this.#one('sessions', id, endExpiredSession, { sessionId: id })
    return done
  }

  /**
   * Refusing use never waits for this; only what cannot be undone does. Erasure by a clock that leapt ahead would lose what
   * a clock set right again would have kept.
   */
  #clockJumped(): boolean {
    const { clock, notice } = this.#parts
    const drift = clock.now() - this.#startedAt.wall - (clock.monotonic() - this.#startedAt.monotonic)
    const jumped = Math.abs(drift) > clockJumpMs
    if (jumped && !this.#paused)
      notice(
        'the clock jumped by more than an hour: erasure and deletion wait until it is right again, or until a restart confirms it',
      )
    if (!jumped && this.#paused) notice('the clock is right again: erasure and deletion go on')
    this.#paused = jumped
    return jumped
  }

  async #mayDelete(id: string): Promise<boolean> {
    const { reader, clock, missedDeletionWaitMs } = this.#parts
    const key = await reader.row('keys', id)
    const fellDueWhileStopped = (key?.deletionAt ?? 0) <= this.#startedAt.wall
    return !fellDueWhileStopped || clock.monotonic() - this.#startedAt.monotonic >= missedDeletionWaitMs
  }

  async #one<I>(table: 'keys' | 'importTokens' | 'sessions', id: string, command: Command<I, null>, input: I): Promise<number> {
    const { engine, reader, projects, random, notice } = this.#parts
    try {
      const row = await reader.row(table, id)
      const project = row !== undefined ? await projects.load(row.projectId) : undefined
      if (project === undefined) return 0
      const call: Call = {
        caller: serviceCaller(project),
        requestId: randomUuid(random.bytes(16)),
        dialect: 'service',
        source: 'local',
        signatureDigest: null,
        tries: 1,
      }
      await engine.run(call, command, input)
      return 1
    } catch (error) {
      // Done meanwhile by another, or not possible now: the next round sees. A damaged record must not keep the others waiting.
      if (!(error instanceof KmsError)) throw error
      if (error.code === 'stored-record-corrupt') notice(`due work on ${table} ${id} is not possible: ${error.message}`)
      return 0
    }
  }
}
