/**
 * Makes wrapping keys in a separate thread. An RSA pair takes up to half a second of a processor
 * and is made ahead of need; an SM2 pair takes almost nothing.
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { clientPatienceMs, type Turn, Turns } from '../domain/turns.ts'
import type { WrappingKey, WrappingKeyKind, WrappingKeys } from '../ports/wrapping-keys.ts'
import {
  type FromJobs,
  type Job,
  JobClient,
  type JobOf,
  type ReplyPort,
  refusedAsBusy,
  type ToJobs,
} from './jobs.ts'

/** RSA pairs kept ready. */
const stock = 4
/**
 * Requests that may wait for a pair; a single project may have 256. A refused caller would only
 * retry at once.
 */
const bounds = { waiting: 512, ofPrincipal: 256, atOnce: 1, patienceMs: clientPatienceMs }

type NoMore = Record<never, never>
/** A job consists only of its kind. */
type WrappingKeyKinds = { [Kind in WrappingKeyKind]: { job: NoMore; answer: WrappingKey } }
export type WrappingKeyJob = JobOf<WrappingKeyKinds>
type Asked = { readonly port: ReplyPort; readonly one: Job<WrappingKeyJob> }

export type WrappingKeyMakerParts = {
  /** Makes an RSA pair, which blocks the thread. */
  readonly make: () => WrappingKey
  /** Runs a piece of work once the thread has read its messages. */
  readonly soon: (work: () => void) => void
  /** A monotonic clock, milliseconds. */
  readonly now: () => number
}

/**
 * The thread's side: all request threads meet here, and projects take turns for pairs that are not
 * ready yet.
 */
export class WrappingKeyMaker {
  readonly #parts: WrappingKeyMakerParts
  readonly #ready: WrappingKey[] = []
  readonly #turns = new Turns<Asked>(bounds, refuse)
  #making = false

  constructor(parts: WrappingKeyMakerParts) {
    this.#parts = parts
    this.#makeMore()
  }

  enter(port: ReplyPort, jobs: ToJobs<WrappingKeyJob>): void {
    for (const one of jobs) {
      const asked = { port, one }
      if (one.job.kind === 'sm2')
        reply(asked, exported(generateKeyPairSync('ec', { namedCurve: 'SM2' })))
      else if (!this.#turns.enter(asked, one.turn, this.#parts.now())) refuse(asked)
    }
    this.#handOut()
    this.#makeMore()
  }

  /** Hands out the ready pairs in turn: each costs the same. */
  #handOut(): void {
    while (this.#ready.length > 0) {
      const next = this.#turns.take(this.#parts.now())
      if (next === undefined) return
      reply(next.work, this.#ready.shift() as WrappingKey)
      this.#turns.end(next, 1)
    }
  }

  #makeMore(): void {
    if (this.#making || (this.#turns.waiting === 0 && this.#ready.length >= stock)) return
    this.#making = true
    this.#parts.soon(() => {
      this.#making = false
      this.#ready.push(this.#parts.make())
      this.#handOut()
      this.#makeMore()
    })
  }
}

/** An RSA pair. */
export function newRsaWrappingKey(modulusBits: number): WrappingKey {
  return exported(
    generateKeyPairSync('rsa', { modulusLength: modulusBits, publicExponent: 65_537 }),
  )
}

function exported({
  privateKey,
  publicKey,
}: {
  privateKey: KeyObject
  publicKey: KeyObject
}): WrappingKey {
  return {
    privateKey,
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
  }
}

function reply({ port, one }: Asked, answer: WrappingKey): void {
  port.postMessage([{ id: one.id, answer }] satisfies FromJobs<WrappingKey>)
}

function refuse({ port, one }: Asked): void {
  port.postMessage([refusedAsBusy(one.id)] satisfies FromJobs<never>)
}

/** Returned pairs that a request thread keeps for their parties. */
const keptAtMost = 64

/** A request thread's side. */
export class WrappingKeyClient implements WrappingKeys {
  readonly #jobs: JobClient<WrappingKeyKinds>
  readonly #givenBack: {
    readonly party: string
    readonly kind: WrappingKeyKind
    readonly pair: WrappingKey
  }[] = []

  constructor(port: MessagePort) {
    this.#jobs = new JobClient([port])
  }

  take(turn: Turn, kind: WrappingKeyKind): Promise<WrappingKey> {
    const own = this.#givenBack.findIndex((one) => one.party === turn.party && one.kind === kind)
    const [known] = own === -1 ? [] : this.#givenBack.splice(own, 1)
    return known === undefined ? this.#jobs.run(turn, { kind }) : Promise.resolve(known.pair)
  }

  giveBack({ party }: Turn, kind: WrappingKeyKind, pair: WrappingKey): void {
    if (this.#givenBack.push({ party, kind, pair }) > keptAtMost) this.#givenBack.shift()
  }

  close(): void {
    this.#jobs.close()
  }
}
