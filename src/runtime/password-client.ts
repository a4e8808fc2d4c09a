/**
 * A request thread's way to the thread that hashes passwords, and the order in which that one does
 * it.
 */
import type { MessagePort } from 'node:worker_threads'
import { clientPatienceMs, type Turn, type TurnBounds, TurnsInRanks } from '../domain/turns.ts'
import type { PasswordHashes } from '../ports/password-hashes.ts'
import { JobClient, type JobOf, ownBytes } from './jobs.ts'

export type Hashing = {
  hash: { job: { readonly password: Uint8Array }; answer: string }
  /** `hashed` is undefined for a user who is not there. */
  match: {
    job: { readonly password: Uint8Array; readonly hashed: string | undefined }
    answer: boolean
  }
}
export type PasswordJob = JobOf<Hashing>

/**
 * Of each rank. A block of addresses alone has half of the places, one user in it at most sixteen.
 */
const bounds: TurnBounds = {
  waiting: 256,
  ofPrincipal: 16,
  atOnce: 1,
  patienceMs: clientPatienceMs,
}
/** Of so many hashes one is a stranger's, however many wait who are known. */
const strangersShare = 4

/**
 * The queue of the thread that hashes: who is known goes before strangers, and of either parties
 * take turns.
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
