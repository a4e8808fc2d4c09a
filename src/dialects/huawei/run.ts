/** One call of the Huawei API on its way: verify, read, decide, record; answered only once it is recorded. */
import { hash } from 'node:crypto'
import type { TObject, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Authenticator } from '../../access/authenticator.ts'
import type { Caller } from '../../access/principals.ts'
import type { SignIn } from '../../access/sign-in.ts'
import { KmsError } from '../../domain/errors.ts'
import type { AnonymousCalls } from '../../engine/anonymous-calls.ts'
import type { Call } from '../../engine/command.ts'
import { type Attempt, auditUnavailable, changedTooOften, type Engine, maxTries } from '../../engine/engine.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Run } from '../../http/turn-queue.ts'
import { HeaderBag } from '../../wire/headers.ts'
import { type JsonObject, parseJsonObject } from '../../wire/strict-json.ts'
import { parseTarget, type Target } from '../../wire/target.ts'
import { WireError } from '../../wire/wire-error.ts'
import { wireAnswer } from './errors.ts'
import { refusals } from './fields.ts'
import type { AnyOperation } from './operation.ts'
import { route } from './routes.ts'

export type HuaweiParts = {
  readonly authenticator: Authenticator
  readonly signIn: SignIn
  readonly engine: Engine
  readonly anonymous: AnonymousCalls
  /** Address for clients, if it is set; else what they call it themselves. */
  readonly publicUrl: string | undefined
  readonly tls: boolean
  /** Told how every call ended: operation, `ok` or the code of the refusal, seconds it took. */
  readonly onAnswered: (operation: string, outcome: string, seconds: number) => void
  /** A defect of ours, for the log. */
  readonly onDefect: (error: unknown, requestId: string) => void
}

export const dialect = 'huawei'
const retryAfter = ['Retry-After', '1'] as const

export class HuaweiRun implements Run {
  readonly stages = 4
  readonly #parts: HuaweiParts
  readonly #exchange: Exchange
  #tries = 1
  #target: Target | undefined
  #headers: HeaderBag | undefined
  #caller: Caller | undefined
  #operation: AnyOperation | undefined
  #input: unknown
  #attempt: Attempt<unknown> | undefined

  constructor(parts: HuaweiParts, exchange: Exchange) {
    this.#parts = parts
    this.#exchange = exchange
  }

  stage(index: number): void | Promise<void> {
    switch (index) {
      case 0:
        return this.#verify()
      case 1:
        return this.#read()
      case 2:
        return this.#decide()
      default:
        return this.#record()
    }
  }

  /** Nobody is known to have called: the refusal is recorded within a rate, and answered after that. */
  fail(error: unknown): void {
    const refusal = asRefusal(error)
    if (!(refusal instanceof KmsError)) this.#parts.onDefect(refusal, this.#exchange.requestId)
    const outcome = refusal instanceof KmsError ? refusal.code : 'internal-error'
    const { requestId, source } = this.#exchange
    this.#parts.anonymous.record({ requestId, source, dialect, operation: 'unknown', outcome }, (receipt) => {
      this.#refuse(receipt === 'recorded' ? refusal : auditUnavailable(), true)
    })
  }

  #verify(): void | Promise<void> {
    const { method, rawTarget, rawHeaders, body } = this.#exchange
    this.#target ??= parseTarget(rawTarget)
    if (this.#target.encodedSlash)
      throw new KmsError('request-malformed', 'a path has no encoded slash: its two forms would name two routes')
    this.#headers ??= new HeaderBag(rawHeaders)
    const signed = { method, target: this.#target, headers: this.#headers, body, now: this.#parts.engine.now() }
    const caller = this.#parts.authenticator.verify(signed)
    if (!(caller instanceof Promise)) {
      this.#caller = caller
      return
    }
    return caller.then((found) => {
      this.#caller = found
    })
  }

  #read(): void {
    const { method, body } = this.#exchange
    try {
      const { project, operation } = route(method, this.#target as Target)
      this.#operation = operation
      if (project !== undefined && project !== this.#caller?.project.row.id)
        throw new KmsError('project-mismatch', 'the project in the path is not that of the credentials')
      this.#input = operation.read(fieldsOf(operation, body, this.#target as Target) as never)
    } catch (error) {
      this.#attempt = this.#parts.engine.refuse(this.#call(), this.#operation?.command.name ?? 'unknown', asRefusal(error))
    }
  }

  #decide(): void | Promise<void> {
    if (this.#attempt !== undefined) return
    const { command } = this.#operation as AnyOperation
    const attempt = this.#parts.engine.attempt(this.#call(), command, this.#input)
    if (!(attempt instanceof Promise)) {
      this.#attempt = attempt
      return
    }
    return attempt.then((decided) => {
      this.#attempt = decided
    })
  }

  #record(): void {
    const attempt = this.#attempt as Attempt<unknown>
    this.#parts.engine.record(attempt, (receipt) => {
      try {
        if (receipt === 'recorded') this.#answer(attempt)
        else if (receipt === 'unavailable') this.#refuse(auditUnavailable(), false)
        else this.#again()
      } catch (error) {
        // The receipts of a group come in one loop: a defect of one answer must not cost the others theirs.
        this.#parts.onDefect(error, this.#exchange.requestId)
        this.#refuse(error, true)
      }
    })
  }

  /** What this was decided on has changed: from the signature on, everything is decided anew. */
  #again(): void {
    this.#attempt = undefined
    this.#tries++
    const rerun = async (): Promise<void> => {
      try {
        await this.#verify()
        this.#read()
        if (this.#tries > maxTries)
          this.#attempt = this.#parts.engine.refuse(this.#call(), this.#operation?.command.name ?? 'unknown', changedTooOften())
        await this.#decide()
        this.#record()
      } catch (error) {
        this.fail(error)
      }
    }
    void rerun()
  }

  #answer({ outcome }: Attempt<unknown>): void {
    if ('error' in outcome) {
      if (!(outcome.error instanceof KmsError)) this.#parts.onDefect(outcome.error, this.#exchange.requestId)
      return this.#refuse(outcome.error, false)
    }
    this.#count('ok')
    this.#exchange.answer(
      200,
      JSON.stringify((this.#operation as AnyOperation).write(outcome.result, baseUrl(this.#parts, this.#headers))),
    )
  }

  #refuse(error: unknown, close: boolean): void {
    this.#count(error instanceof KmsError ? error.code : 'internal-error')
    const answer = wireAnswer(error)
    this.#exchange.answer(answer.status, answer.body, { close, ...(answer.retryAfter && { headers: retryAfter }) })
  }

  #count(outcome: string): void {
    const seconds = (performance.now() - this.#exchange.startedAt) / 1000
    this.#parts.onAnswered(this.#operation?.command.name ?? 'unknown', outcome, seconds)
  }

  #call(): Call {
    const { requestId, source } = this.#exchange
    const authorization = this.#headers?.get('authorization') ?? this.#headers?.get('x-auth-token') ?? ''
    return {
      caller: this.#caller as Caller,
      requestId,
      source,
      dialect,
      signatureDigest: hash('sha256', authorization, 'hex'),
      tries: this.#tries,
    }
  }
}

/** Address of this server for answers that hold links. */
export function baseUrl({ publicUrl, tls }: HuaweiParts, headers: HeaderBag | undefined): string {
  const host = headers?.get('host') ?? ''
  return publicUrl ?? `${tls ? 'https' : 'http'}://${hostPattern.test(host) ? host : 'localhost'}`
}

const hostPattern = /^[A-Za-z0-9.[\]:-]{1,255}$/

const validators = new Map<AnyOperation, Validator<Record<never, never>, TSchema>>()

/** The body as the fields of an operation. @throws KmsError parameter-missing or the refusal of the field that does not fit. */
function fieldsOf(operation: AnyOperation, body: Uint8Array, target: Target): JsonObject {
  const fields = operation.readsQuery ? Object.fromEntries(target.query) : body.length === 0 ? {} : parseJsonObject(body)
  // Some clients send null for what they leave out.
  for (const name in fields) if (fields[name] === null) delete fields[name]
  let validator = validators.get(operation)
  if (validator === undefined) {
    validator = Compile(operation.fields as TSchema)
    validators.set(operation, validator)
  }
  if (!validator.Check(fields)) throw fieldRefusal(operation.fields, fields, validator)
  return fields
}

function fieldRefusal(schema: TObject, fields: JsonObject, validator: Validator<Record<never, never>, TSchema>): KmsError {
  const missing = (schema.required ?? []).find((name: string) => fields[name] === undefined)
  if (missing !== undefined) return new KmsError('parameter-missing', `the field ${missing} is missing`)
  const path = validator.Errors(fields)[0]?.instancePath ?? ''
  const name = path.split('/')[1] ?? ''
  const code = Object.hasOwn(refusals, name) ? refusals[name as keyof typeof refusals] : 'parameter-invalid'
  return new KmsError(code, `the field ${name} has not the form that this operation asks for`)
}

/** What the wire could not read is a refusal like any other. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof WireError)) return error
  return new KmsError(error.code === 'bad-json' ? 'body-malformed' : 'request-malformed', error.message)
}
