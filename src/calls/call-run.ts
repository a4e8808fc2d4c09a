/** One call of any dialect on its way: verify, read, decide, record; answered only once it is recorded. */
import { hash } from 'node:crypto'
import type { TObject, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { type Authenticator, sessionCookieOf } from '../access/authenticator.ts'
import type { Caller } from '../access/principals.ts'
import { KmsError, type KmsErrorCode } from '../domain/errors.ts'
import type { AnonymousCalls } from '../engine/anonymous-calls.ts'
import type { Call } from '../engine/command.ts'
import { type Attempt, auditUnavailable, changedTooOften, type Engine, isDecidedAgain } from '../engine/engine.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Run } from '../http/turn-queue.ts'
import { HeaderBag } from '../wire/headers.ts'
import { type JsonObject, parseJsonObject } from '../wire/strict-json.ts'
import { parseTarget, type Target } from '../wire/target.ts'
import { WireError } from '../wire/wire-error.ts'
import type { AnyOperation } from './operation.ts'
import type { RouteTable } from './route-table.ts'

/** What a dialect is to its calls: where its operations are, and how it words a refusal. */
export type Dialect = {
  /** Name in audit records. */
  readonly name: string
  readonly routes: RouteTable
  /** Which refusal a field gets that is not as its schema asks; every other one is simply an invalid parameter. */
  readonly fieldRefusals: Readonly<Record<string, KmsErrorCode>>
  /** Status and body of a refusal; of anything else that was thrown no more than that something went wrong. */
  readonly refusal: (error: unknown) => { readonly status: number; readonly body: string; readonly retryAfter: boolean }
}

export type CallParts = {
  readonly authenticator: Authenticator
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

const retryAfter = ['Retry-After', '1'] as const

/** Name that the path of a dialect gives to the segment with the project. */
const projectParameter = 'project'

export class CallRun implements Run {
  readonly stages = 4
  readonly #dialect: Dialect
  readonly #parts: CallParts
  readonly #exchange: Exchange
  #tries = 1
  #target: Target | undefined
  #headers: HeaderBag | undefined
  #caller: Caller | undefined
  #operation: AnyOperation | undefined
  #input: unknown
  #attempt: Attempt<unknown> | undefined

  constructor(dialect: Dialect, parts: CallParts, exchange: Exchange) {
    this.#dialect = dialect
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
    const dialect = this.#dialect.name
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
    const target = this.#target as Target
    try {
      const { operation, parameters } = this.#dialect.routes.find(method, target.segments)
      this.#operation = operation
      const { [projectParameter]: project, ...named } = parameters
      if (project !== undefined && project !== this.#caller?.project.row.id)
        throw new KmsError('project-mismatch', 'the project in the path is not that of the credentials')
      const fields = joined(fieldsIn(body, target), named)
      checkFields(operation, fields, this.#dialect)
      this.#input = operation.read(fields as never)
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
    const goesOn = isDecidedAgain(this.#tries, performance.now() - this.#exchange.startedAt)
    this.#tries++
    const rerun = async (): Promise<void> => {
      try {
        await this.#verify()
        this.#read()
        if (!goesOn)
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
    const { write, status = 200, headers } = this.#operation as AnyOperation
    const body = JSON.stringify(write(outcome.result, baseUrl(this.#parts, this.#headers)))
    const renewed = this.#caller?.sessionToken ?? null
    if (headers !== undefined) return this.#exchange.answer(status, body, { headers: headers(outcome.result) })
    if (renewed === null) return this.#exchange.answer(status, body)
    this.#exchange.answer(status, body, { headers: ['Set-Cookie', sessionCookieOf(renewed)] })
  }

  #refuse(error: unknown, close: boolean): void {
    this.#count(error instanceof KmsError ? error.code : 'internal-error')
    const answer = this.#dialect.refusal(error)
    this.#exchange.answer(answer.status, answer.body, { close, ...(answer.retryAfter && { headers: retryAfter }) })
  }

  #count(outcome: string): void {
    const seconds = (performance.now() - this.#exchange.startedAt) / 1000
    this.#parts.onAnswered(this.#operation?.command.name ?? 'unknown', outcome, seconds)
  }

  #call(): Call {
    const { requestId, source } = this.#exchange
    const caller = this.#caller as Caller
    const authorization = this.#headers?.get('authorization') ?? this.#headers?.get('x-auth-token') ?? caller.sessionId ?? ''
    return {
      caller,
      requestId,
      source,
      dialect: this.#dialect.name,
      signatureDigest: hash('sha256', authorization, 'hex'),
      tries: this.#tries,
    }
  }
}

/** Address of this server for answers that hold links. */
export function baseUrl({ publicUrl, tls }: Pick<CallParts, 'publicUrl' | 'tls'>, headers: HeaderBag | undefined): string {
  const host = headers?.get('host') ?? ''
  return publicUrl ?? `${tls ? 'https' : 'http'}://${hostPattern.test(host) ? host : 'localhost'}`
}

const hostPattern = /^[A-Za-z0-9.[\]:-]{1,255}$/

const validators = new Map<AnyOperation, Validator<Record<never, never>, TSchema>>()

/** What a body or, without one, a query holds. Some clients send null for what they leave out. @throws WireError bad-json. */
function fieldsIn(body: Uint8Array, { query }: Target): JsonObject {
  if (body.length === 0) return query.length === 0 ? {} : Object.fromEntries(query)
  const fields = parseJsonObject(body)
  for (const name in fields) if (fields[name] === null) delete fields[name]
  return fields
}

/** What the path names is a field like any other. @throws KmsError parameter-invalid when the body names something else there. */
function joined(fields: JsonObject, named: Readonly<Record<string, string>>): JsonObject {
  for (const name in named) {
    if (fields[name] !== undefined && fields[name] !== named[name])
      throw new KmsError('parameter-invalid', `the field ${name} differs from the path`)
    fields[name] = named[name] as string
  }
  return fields
}

/** @throws KmsError parameter-missing or the refusal of the field that does not fit. */
function checkFields(operation: AnyOperation, fields: JsonObject, { fieldRefusals }: Dialect): void {
  let validator = validators.get(operation)
  if (validator === undefined) {
    validator = Compile(operation.fields as TSchema)
    validators.set(operation, validator)
  }
  if (!validator.Check(fields)) throw fieldRefusal(operation.fields, fields, validator, fieldRefusals)
}

function fieldRefusal(
  schema: TObject,
  fields: JsonObject,
  validator: Validator<Record<never, never>, TSchema>,
  refusals: Dialect['fieldRefusals'],
): KmsError {
  const missing = (schema.required ?? []).find((name: string) => fields[name] === undefined)
  if (missing !== undefined) return new KmsError('parameter-missing', `the field ${missing} is missing`)
  const path = validator.Errors(fields)[0]?.instancePath ?? ''
  const name = path.split('/')[1] ?? ''
  const code = Object.hasOwn(refusals, name) ? refusals[name] : undefined
  return new KmsError(code ?? 'parameter-invalid', `the field ${name} has not the form that this operation asks for`)
}

/** What the wire could not read is a refusal like any other. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof WireError)) return error
  return new KmsError(error.code === 'bad-json' ? 'body-malformed' : 'request-malformed', error.message)
}
