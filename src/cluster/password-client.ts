/** A request thread's way to the thread that hashes passwords, and the order in which that one does it. */
import type { MessagePort } from 'node:worker_threads'
import { clientPatienceMs, type Turn, type TurnBounds, TurnsInRanks } from '../domain/turns.ts'
import type { PasswordHashes } from '../ports/password-hashes.ts'
import { JobClient, ownBytes } from './jobs.ts'

export type PasswordJob = { readonly password: Uint8Array } & (
  | { readonly kind: 'hash' }
  /** `hashed` is undefined for a user who is not there. */
  | { readonly kind: 'match'; readonly hashed: string | undefined }
)

/** Of each rank. A block of addresses alone has half of the places, one user in it at most sixteen. */
const bounds: TurnBounds = { waiting: 256, ofPrincipal: 16, atOnce: 1, patienceMs: clientPatienceMs }
/** Of so many hashes one is a stranger's, however many wait who are known. */
const strangersShare = 4

/** The queue of the thread that hashes: who is known goes before strangers, and of either parties take turns. */
export function passwordTurns<W>(expired: (work: W) => void): TurnsInRanks<W> {
  return new TurnsInRanks(bounds, strangersShare, expired)
}

export class PasswordClient implements PasswordHashes {
  readonly #jobs: JobClient<PasswordJob>

  constructor(port: MessagePort) {
    this.#jobs = new JobClient([port])
  }

  hash(turn: Turn, password: Uint8Array): Promise<string> {
    return this.#run(turn, { kind: 'hash', password: ownBytes(password) })
  }

  matches(turn: Turn, password: Uint8Array, hashed: string | undefined): Promise<boolean> {
    return this.#run(turn, { kind: 'match', password: ownBytes(password), hashed })
  }

  close(): void {
    this.#jobs.close()
  }

  #run<A>(turn: Turn, job: PasswordJob): Promise<A> {
    return this.#jobs.run(turn, job, [job.password.buffer as ArrayBuffer])
  }
}
