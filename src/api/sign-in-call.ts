/**
 * A sign-in over any dialect: it issues a token or a session for credentials. A refusal is recorded
 * like a stranger's.
 */
import type { UserCaller } from '../access/principals.ts'
import { projectOf } from '../access/sign-in.ts'
import type { ProjectCommand } from '../engine/command.ts'
import { changedTooOften, maxTries, type Receipt, refusalOf } from '../engine/engine.ts'
import type { Exchange, Head } from '../http/exchange.ts'
import type { Run } from '../http/turn-queue.ts'
import type { Refusal, Service } from './dialect.ts'
import { outcomeOf, refuseStranger, reportDefect, secondsSince } from './strangers.ts'

/** The part of a sign-in that a dialect defines. @typeParam F what the body states. */
export type SignInForm<F, I, R> = {
  readonly command: ProjectCommand<I, R>
  /** @throws KmsError session-forged, request-malformed, parameter-invalid, WireError bad-json. */
  readonly read: (body: Uint8Array, head: Head) => F
  /**
   * Authenticates the caller. @throws KmsError credentials-invalid, token-expired,
   * project-mismatch, busy.
   */
  readonly enter: (
    fields: F,
    source: string,
    service: Service,
  ) => Promise<{ readonly caller: UserCaller; readonly input: I }>
  /** @returns the body before JSON, and headers, names and values alternating. */
  readonly write: (
    result: R,
    fields: F,
    head: Head,
    service: Service,
  ) => { readonly body: object; readonly headers: readonly string[] }
  readonly refusal: (error: unknown) => Refusal
}

export class SignInCall<F, I, R> implements Run {
  readonly #form: SignInForm<F, I, R>
  readonly #service: Service
  readonly #exchange: Exchange
  readonly #head: Head

  constructor(form: SignInForm<F, I, R>, exchange: Exchange, head: Head, service: Service) {
    this.#form = form
    this.#service = service
    this.#exchange = exchange
    this.#head = head
  }

  async run(): Promise<undefined> {
    const { command, read, enter, write } = this.#form
    const { engine, dialect } = this.#service
    const { body, requestId, source } = this.#exchange
    const fields = read(body, this.#head)
    for (let tries = 1; tries <= maxTries; tries++) {
      const { caller, input } = await enter(fields, source, this.#service)
      const call = {
        caller,
        requestId,
        source,
        dialect: dialect.name,
        signatureDigest: null,
        tries,
      }
      const decision = await engine.decide(call, command, input)
      const receipt = await new Promise<Receipt>((resolve) => engine.record(decision, resolve))
      const unrecorded = refusalOf(receipt)
      if (unrecorded !== undefined) return this.#refuse(unrecorded)
      if (receipt === 'stale') continue
      if ('error' in decision.outcome) return this.#refuse(decision.outcome.error)
      this.#exchange.vouch()
      this.#count('ok')
      const answer = write(decision.outcome.result, fields, this.#head, this.#service)
      this.#exchange.answer(201, JSON.stringify(answer.body), { headers: answer.headers })
      return
    }
    this.#refuse(changedTooOften())
  }

  fail(error: unknown): void {
    const attribution = { operation: this.#form.command.name, project: projectOf(error) }
    refuseStranger(this.#service, this.#exchange, error, attribution, (said) => this.#say(said))
  }

  #refuse(error: unknown): undefined {
    reportDefect(this.#service, this.#exchange, error)
    this.#count(outcomeOf(error))
    this.#say(error)
  }

  #say(error: unknown): void {
    const { status, body, headers } = this.#form.refusal(error)
    this.#exchange.answer(status, body, { close: true, headers })
  }

  #count(outcome: string): void {
    this.#service.onAnswered(this.#form.command.name, outcome, secondsSince(this.#exchange))
  }
}
