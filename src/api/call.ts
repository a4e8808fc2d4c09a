/**
 * One call of any dialect, with a type for each stage: received, verified, parsed, decided. Each
 * holds what the stages before it established, so no stage can run on less than it needs. A call is
 * answered only once it is recorded.
 */
import { hash } from 'node:crypto'
import type { UserCaller } from '../access/principals.ts'
import type { Claim } from '../access/schemes/scheme.ts'
import { sessionCookieOf } from '../access/schemes/sessions.ts'
import { KmsError } from '../domain/errors.ts'
import type { Call } from '../engine/command.ts'
import { changedTooOften, type Decision, isDecidedAgain, refusalOf } from '../engine/engine.ts'
import type { Exchange, Head } from '../http/exchange.ts'
import type { Run, Stage } from '../http/turn-queue.ts'
import type { SignedRequest } from '../wire/signing/sdk-hmac.ts'
import type { Service } from './dialect.ts'
import { checkFields } from './fields.ts'
import type { AnyOperation } from './operation.ts'
import {
  asRefusal,
  baseUrl,
  outcomeOf,
  refuseStranger,
  reportDefect,
  secondsSince,
} from './strangers.ts'

const unknownOperation = 'unknown'

/** A request whose head was read. Its sender is claimed, not verified. */
export class ReceivedCall implements Run {
  readonly service: Service
  readonly exchange: Exchange
  readonly head: Head
  readonly claim: Claim
  /** How often it was decided, including this time. */
  tries = 1
  /**
   * When the time for its tries began: when it arrived, or when its turn came to change a row that
   * others were changing.
   */
  triesSince: number
  /** Whether it is no longer decided again. */
  isGivenUp = false

  /**
   * @throws KmsError request-malformed, credentials-missing, credentials-invalid,
   * credentials-expired.
   */
  constructor(service: Service, exchange: Exchange, head: Head) {
    service.dialect.routing.check(exchange.method, head)
    this.service = service
    this.exchange = exchange
    this.head = head
    this.claim = service.authenticator.read(head.headers)
    this.triesSince = exchange.startedAt
  }

  get isKnown(): boolean {
    return this.claim.isKnown
  }

  get request(): SignedRequest {
    const { method, body } = this.exchange
    const { target, headers } = this.head
    return { method, target, headers, body }
  }

  /** Verifies the sender. */
  run(): VerifiedCall | Promise<VerifiedCall> {
    const { request } = this
    const caller = this.claim.verify(request)
    if (caller instanceof Promise)
      return caller.then((found) => new VerifiedCall(this, request, found))
    return new VerifiedCall(this, request, caller)
  }

  fail(error: unknown): void {
    refuseStranger(this.service, this.exchange, error)
  }

  /** What the decision was based on has changed: everything from the signature on is done again. */
  again(waited: boolean): void {
    if (waited) this.triesSince = performance.now()
    this.isGivenUp = !isDecidedAgain(this.tries, performance.now() - this.triesSince)
    if (!waited) this.tries++
    const rerun = async (): Promise<void> => {
      try {
        for (let stage: Stage | undefined = this; stage !== undefined; ) stage = await stage.run()
      } catch (error) {
        this.service.engine.giveUp(this.exchange.requestId)
        this.fail(error)
      }
    }
    void rerun()
  }
}

/** A call whose caller is verified. */
class VerifiedCall implements Stage {
  readonly received: ReceivedCall
  readonly caller: UserCaller
  readonly #request: SignedRequest

  constructor(received: ReceivedCall, request: SignedRequest, caller: UserCaller) {
    this.received = received
    this.caller = caller
    this.#request = request
  }

  /** Finds the operation that it asks for, and its fields. */
  run(): ParsedCall | DecidedCall {
    const { service, exchange, isGivenUp } = this.received
    const { dialect, engine } = service
    exchange.vouch()
    let operation: AnyOperation | undefined
    try {
      const found = dialect.routing.find(this.#request)
      operation = found.operation
      if (found.project !== undefined && found.project !== this.caller.project.row.id)
        throw new KmsError(
          'project-mismatch',
          'the project in the path does not match the credentials',
        )
      const fields = dialect.routing.fields(this.#request, found)
      checkFields(operation, fields, dialect.fieldRefusals)
      const parsed = new ParsedCall(this, operation, operation.read(fields as never))
      if (!isGivenUp) return parsed
      throw changedTooOften()
    } catch (error) {
      const name = operation?.command.name ?? unknownOperation
      return new DecidedCall(
        this,
        name,
        engine.refuse(this.call(), name, asRefusal(error)),
        neverWritten,
      )
    }
  }

  /** The call as the engine sees it. */
  call(): Call {
    const { service, exchange, claim, tries } = this.received
    const { requestId, source } = exchange
    const { caller } = this
    const signatureDigest = hash('sha256', claim.proof ?? caller.sessionId ?? '', 'hex')
    return { caller, requestId, source, dialect: service.dialect.name, signatureDigest, tries }
  }
}

/** A call whose operation and input are known and well-formed. */
class ParsedCall implements Stage {
  readonly #verified: VerifiedCall
  readonly #operation: AnyOperation
  readonly #input: unknown

  constructor(verified: VerifiedCall, operation: AnyOperation, input: unknown) {
    this.#verified = verified
    this.#operation = operation
    this.#input = input
  }

  /** Decides whether it may happen, and what would. */
  run(): DecidedCall | Promise<DecidedCall> {
    const { command } = this.#operation
    const decision = this.#verified.received.service.engine.decide(
      this.#verified.call(),
      command,
      this.#input,
    )
    return decision instanceof Promise
      ? decision.then((decided) => this.#decided(decided))
      : this.#decided(decision)
  }

  #decided(decision: Decision<unknown>): DecidedCall {
    return new DecidedCall(this.#verified, this.#operation.command.name, decision, this.#operation)
  }
}

type Writing = Pick<AnyOperation, 'write' | 'status' | 'headers'>
const neverWritten: Writing = { write: () => ({}) }

/** A call that was decided but not recorded: nothing of it has happened. */
class DecidedCall implements Stage {
  readonly #verified: VerifiedCall
  readonly #name: string
  readonly #decision: Decision<unknown>
  readonly #writing: Writing

  constructor(verified: VerifiedCall, name: string, decision: Decision<unknown>, writing: Writing) {
    this.#verified = verified
    this.#name = name
    this.#decision = decision
    this.#writing = writing
  }

  /** Records it, then answers it. */
  run(): undefined {
    const { received } = this.#verified
    const { engine, onDefect } = received.service
    engine.record(this.#decision, (receipt, waited) => {
      try {
        const unrecorded = refusalOf(receipt)
        if (receipt === 'recorded') this.#answer()
        else if (unrecorded !== undefined) this.#refuse(unrecorded, false)
        else received.again(waited)
      } catch (error) {
        // The receipts of a group come in one loop: a defect in one answer must not lose the
        // others.
        onDefect(error, received.exchange.requestId)
        this.#refuse(error, true)
      }
    })
  }

  #answer(): void {
    const { received, caller } = this.#verified
    const { service, exchange, head } = received
    const { outcome } = this.#decision
    if ('error' in outcome) {
      reportDefect(service, exchange, outcome.error)
      return this.#refuse(outcome.error, false)
    }
    this.#count('ok')
    const { write, status = 200, headers } = this.#writing
    const { textOf = JSON.stringify } = service.dialect
    const body = textOf(write(outcome.result, baseUrl(service, head)))
    if (headers !== undefined)
      return exchange.answer(status, body, { headers: headers(outcome.result) })
    if (caller.sessionToken === null) return exchange.answer(status, body)
    exchange.answer(status, body, { headers: ['Set-Cookie', sessionCookieOf(caller.sessionToken)] })
  }

  #refuse(error: unknown, close: boolean): void {
    this.#count(outcomeOf(error))
    const { service, exchange } = this.#verified.received
    const { status, body, headers } = service.dialect.refusal(error)
    exchange.answer(status, body, { close, headers })
  }

  #count(outcome: string): void {
    const { service, exchange } = this.#verified.received
    service.onAnswered(this.#name, outcome, secondsSince(exchange))
  }
}
