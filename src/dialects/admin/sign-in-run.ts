/** POST /admin/v1/session: a session for a password. Refusals are recorded like those of any caller who is not known. */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { SignIn } from '../../access/sign-in.ts'
import { asRefusal, type CallParts } from '../../calls/call-run.ts'
import { KmsError } from '../../domain/errors.ts'
import { auditUnavailable, changedTooOften, maxTries } from '../../engine/engine.ts'
import { startSession } from '../../engine/sessions.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Run } from '../../http/turn-queue.ts'
import { HeaderBag } from '../../wire/headers.ts'
import { parseJsonObject } from '../../wire/strict-json.ts'
import { parseTarget } from '../../wire/target.ts'
import { wireAnswer } from './errors.ts'
import { text } from './fields.ts'
import { sessionBody, sessionHeaders } from './session.ts'

export type AdminParts = CallParts & { readonly signIn: SignIn }

export const dialectName = 'admin'
export const signInPath = '/admin/v1/session'

export const signInFields = Type.Object({
  user_name: text(255, 'name of the user'),
  password: text(1024, 'password of the user'),
  project: Type.Optional(text(255, 'name or ID of the project, where several have a user of that name')),
})
const validator = Compile(signInFields)

export class SignInRun implements Run {
  readonly stages = 1
  readonly #parts: AdminParts
  readonly #exchange: Exchange

  constructor(parts: AdminParts, exchange: Exchange) {
    this.#parts = parts
    this.#exchange = exchange
  }

  async stage(): Promise<void> {
    const { rawTarget, rawHeaders, body, requestId, source } = this.#exchange
    const headers = new HeaderBag(rawHeaders)
    parseTarget(rawTarget)
    checkSite(headers.get('sec-fetch-site'))
    const { user_name: userName, password, project } = readFields(body)
    const { engine, signIn } = this.#parts
    const secret = new TextEncoder().encode(password)
    const places = project === undefined ? [] : [project]
    const caller = await signIn.withPassword({ userName, password: secret, places, source })
    const agent = headers.get('user-agent') ?? ''
    for (let tries = 1; tries <= maxTries; tries++) {
      const call = { caller, requestId, source, dialect: dialectName, signatureDigest: null, tries }
      const attempt = await engine.attempt(call, startSession, { agent })
      const receipt = await new Promise((resolve) => engine.record(attempt, resolve))
      if (receipt === 'unavailable') return this.#refuse(auditUnavailable())
      if (receipt === 'stale') continue
      if ('error' in attempt.outcome) return this.#refuse(attempt.outcome.error)
      const { result } = attempt.outcome
      this.#count('ok')
      return this.#exchange.answer(201, JSON.stringify(sessionBody(result)), { headers: sessionHeaders(result) })
    }
    this.#refuse(changedTooOften())
  }

  fail(error: unknown): void {
    const refusal = asRefusal(error)
    if (!(refusal instanceof KmsError)) this.#parts.onDefect(refusal, this.#exchange.requestId)
    const outcome = refusal instanceof KmsError ? refusal.code : 'internal-error'
    const { requestId, source } = this.#exchange
    const call = { requestId, source, dialect: dialectName, operation: startSession.name, outcome }
    this.#parts.anonymous.record(call, (receipt) => this.#refuse(receipt === 'recorded' ? refusal : auditUnavailable()))
  }

  #refuse(error: unknown): void {
    this.#count(error instanceof KmsError ? error.code : 'internal-error')
    const { status, body } = wireAnswer(error)
    this.#exchange.answer(status, body, { close: true })
  }

  #count(outcome: string): void {
    this.#parts.onAnswered(startSession.name, outcome, (performance.now() - this.#exchange.startedAt) / 1000)
  }
}

/** Nobody is signed in from a page of another origin. */
function checkSite(site: string | undefined): void {
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new KmsError('session-forged', 'a session begins in the console itself')
}

function readFields(body: Uint8Array): Static<typeof signInFields> {
  const fields = parseJsonObject(body)
  if (validator.Check(fields)) return fields as Static<typeof signInFields>
  throw new KmsError('parameter-invalid', 'a sign-in has user_name, password and, where it is needed, project')
}
