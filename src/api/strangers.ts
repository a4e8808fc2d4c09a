/**
 * Answers to callers who are not identified. They are recorded up to a rate; a refusal ends the
 * connection.
 */
import { recordedOutcome } from '../access/sign-in.ts'
import { KmsError } from '../domain/errors.ts'
import { auditUnavailable } from '../engine/engine.ts'
import type { Exchange, Head } from '../http/exchange.ts'
import type { Run } from '../http/turn-queue.ts'
import { WireError } from '../wire/wire-error.ts'
import type { Service } from './dialect.ts'

/** Reports what is no refusal: a defect of ours, which the caller learns nothing of. */
export function reportDefect({ onDefect }: Service, exchange: Exchange, error: unknown): void {
  if (!(error instanceof KmsError)) onDefect(error, exchange.requestId)
}

type Attribution = {
  readonly operation: string
  /** The project that a sign-in was for, if it named one. */
  readonly project?: string | null
}

/**
 * Records a refusal, then answers it.
 * @param answer how it is answered; by default as the dialect words it.
 */
export function refuseStranger(
  service: Service,
  exchange: Exchange,
  error: unknown,
  { operation, project = null }: Attribution = { operation: 'unknown' },
  answer: (error: unknown) => void = (said) => answerRefusal(service, exchange, said),
): void {
  const refusal = asRefusal(error)
  reportDefect(service, exchange, refusal)
  const { requestId, source, block } = exchange
  exchange.dropBody()
  const call = {
    requestId,
    source,
    block,
    dialect: service.dialect.name,
    operation,
    outcome: recordedOutcome(refusal),
    project,
  }
  service.anonymous.record(call, (receipt) => {
    const said = receipt === 'recorded' ? refusal : auditUnavailable()
    service.onAnswered(operation, outcomeOf(said), secondsSince(exchange))
    answer(said)
  })
}

function answerRefusal({ dialect }: Service, exchange: Exchange, error: unknown): void {
  const { status, body, headers } = dialect.refusal(error)
  exchange.answer(status, body, { close: true, headers })
}

/** An answer that needs no credentials; it is still recorded. */
export class OpenAnswer implements Run {
  readonly #service: Service
  readonly #exchange: Exchange
  readonly #operation: string
  readonly #body: () => string

  /** @param operation its name in the record. @param body a JSON text. */
  constructor(service: Service, exchange: Exchange, operation: string, body: () => string) {
    this.#service = service
    this.#exchange = exchange
    this.#operation = operation
    this.#body = body
  }

  run(): undefined {
    const { requestId, source, block } = this.#exchange
    const { anonymous, dialect } = this.#service
    const call = {
      requestId,
      source,
      block,
      dialect: dialect.name,
      operation: this.#operation,
      outcome: 'ok',
    }
    anonymous.record(call, (receipt) => {
      if (receipt === 'recorded') return this.#exchange.answer(200, this.#body())
      const { status, body } = dialect.refusal(auditUnavailable())
      this.#exchange.answer(status, body)
    })
  }

  fail(error: unknown): void {
    reportDefect(this.#service, this.#exchange, error)
    const { status, body } = this.#service.dialect.refusal(error)
    this.#exchange.answer(status, body, { close: true })
  }
}

/** What the wire layer could not parse is a refusal like any other. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof WireError)) return error
  return new KmsError(
    error.code === 'bad-json' ? 'body-malformed' : 'request-malformed',
    error.message,
  )
}

export function outcomeOf(error: unknown): string {
  return error instanceof KmsError ? error.code : 'internal-error'
}

export function secondsSince({ startedAt }: Exchange): number {
  return (performance.now() - startedAt) / 1000
}

/** Address of this server for answers that contain links. */
export function baseUrl(
  { publicUrl, tls }: Pick<Service, 'publicUrl' | 'tls'>,
  { headers }: Pick<Head, 'headers'>,
): string {
  const host = headers.get('host') ?? ''
  return publicUrl ?? `${tls ? 'https' : 'http'}://${hostPattern.test(host) ? host : 'localhost'}`
}

const hostPattern = /^[A-Za-z0-9.[\]:-]{1,255}$/
