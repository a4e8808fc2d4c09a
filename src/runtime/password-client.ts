/**
 * A request thread's client of the thread that hashes passwords, and the order in which that thread
 * works.
 */
import type { MessagePort } from 'node:worker_threads'
import { clientPatienceMs, type Turn, type TurnBounds, TurnsInRanks } from '../domain/turns.ts'
import type { PasswordHashes } from '../ports/password-hashes.ts'
import { JobClient, type JobOf, ownBytes } from './jobs.ts'

export type Hashing = {
  hash: { job: { readonly password: Uint8Array }; answer: string }
  /** `hashed` is undefined for a user that does not exist. */
  match: {
    job: { readonly password: Uint8Array; readonly hashed: string | undefined }
    answer: boolean
  }
}
export type PasswordJob = JobOf<Hashing>

/** Per rank. A single address block has half of the places, one user in it at most sixteen. */
const bounds: TurnBounds = {
  waiting: 256,
  ofPrincipal: 16,
  atOnce: 1,
  patienceMs: clientPatienceMs,
}
/** One of this many hashes is a stranger's, even if many known users are waiting. */
const strangersShare = 4

/**
 * The queue of the thread that hashes: known users go before strangers, and within each rank
 * parties take turns.
 */
export function passwordTurns<W>(expired: (work: W) => void): TurnsInRanks<W> {
  return new TurnsInRanks(bounds, strangersShare, expired)
}

export class PasswordClient implements PasswordHashes {
  readonly #jobs: JobClient<Hashing>

  constructor(port: MessagePort) {
    this.#jobs = new JobClient([port])
  }

  hash(turn: Turn, password: Uint8Array): Promise<string> {
    const own = ownBytes(password)
    return this.#jobs.run(turn, { kind: 'hash', password: own }, [own.buffer])
  }

  matches(turn: Turn, password: Uint8Array, hashed: string | undefined): Promise<boolean> {
    const own = ownBytes(password)
    return this.#jobs.run(turn, { kind: 'match', password: own, hashed }, [own.buffer])
  }

  close(): void {
    this.#jobs.close()
  }
}
