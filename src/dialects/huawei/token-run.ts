/**
 * POST /v3/auth/tokens: a token for a password, or for an access key with its secret. The form is Keystone's v3, with Huawei's
 * method `hw_ak_sk`. Refusals are recorded like those of any caller who is not known.
 */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Caller } from '../../access/principals.ts'
import type { SignIn } from '../../access/sign-in.ts'
import { asRefusal, baseUrl, type CallParts } from '../../calls/call-run.ts'
import { KmsError } from '../../domain/errors.ts'
import { auditUnavailable, changedTooOften, maxTries } from '../../engine/engine.ts'
import { type CreateTokenResult, createToken } from '../../engine/identity.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Run } from '../../http/turn-queue.ts'
import { HeaderBag } from '../../wire/headers.ts'
import { parseJsonObject } from '../../wire/strict-json.ts'
import { parseTarget } from '../../wire/target.ts'
import { dialect } from './dialect.ts'
import { wireAnswer } from './errors.ts'
import { catalogOf, domainOf } from './iam.ts'

export type HuaweiParts = CallParts & { readonly signIn: SignIn }

export const tokenPath = '/v3/auth/tokens'

const place = Type.Object({ id: Type.Optional(Type.String()), name: Type.Optional(Type.String()) })
const request = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Type.String(), { minItems: 1, maxItems: 1 }),
      password: Type.Optional(
        Type.Object({
          user: Type.Object({
            name: Type.String({ minLength: 1, maxLength: 255 }),
            password: Type.String({ minLength: 1, maxLength: 1024 }),
            domain: Type.Optional(place),
          }),
        }),
      ),
      hw_ak_sk: Type.Optional(
        Type.Object({
          access: Type.Object({ key: Type.String({ minLength: 1, maxLength: 64 }) }),
          secret: Type.Object({ key: Type.String({ minLength: 1, maxLength: 255 }) }),
        }),
      ),
    }),
    scope: Type.Optional(
      Type.Object({
        project: Type.Optional(
          Type.Object({ id: Type.Optional(Type.String()), name: Type.Optional(Type.String()), domain: Type.Optional(place) }),
        ),
        domain: Type.Optional(place),
      }),
    ),
  }),
})
const validator = Compile(request)
type Auth = Static<typeof request>['auth']

export class TokenRun implements Run {
  readonly stages = 1
  readonly #parts: HuaweiParts
  readonly #exchange: Exchange

  constructor(parts: HuaweiParts, exchange: Exchange) {
    this.#parts = parts
    this.#exchange = exchange
  }

  async stage(): Promise<void> {
    const { rawTarget, rawHeaders, body, requestId, source } = this.#exchange
    const headers = new HeaderBag(rawHeaders)
    const withCatalog = !parseTarget(rawTarget).query.some(([name]) => name === 'nocatalog')
    const auth = readAuth(body)
    const { engine } = this.#parts
    for (let tries = 1; tries <= maxTries; tries++) {
      const caller = await this.#signIn(auth)
      const call = { caller, requestId, source, dialect: dialect.name, signatureDigest: null, tries }
      const attempt = await engine.attempt(call, createToken, {})
      const receipt = await new Promise((resolve) => engine.record(attempt, resolve))
      if (receipt === 'unavailable') return this.#refuse(auditUnavailable())
      if (receipt === 'stale') continue
      if ('error' in attempt.outcome) return this.#refuse(attempt.outcome.error)
      this.#count('ok')
      const token = tokenBody(attempt.outcome.result, auth, withCatalog ? baseUrl(this.#parts, headers) : undefined)
      return this.#exchange.answer(201, JSON.stringify({ token }), { headers: ['X-Subject-Token', attempt.outcome.result.token] })
    }
    this.#refuse(changedTooOften())
  }

  fail(error: unknown): void {
    const refusal = asRefusal(error)
    if (!(refusal instanceof KmsError)) this.#parts.onDefect(refusal, this.#exchange.requestId)
    const outcome = refusal instanceof KmsError ? refusal.code : 'internal-error'
    const { requestId, source } = this.#exchange
    this.#parts.anonymous.record(
      { requestId, source, dialect: dialect.name, operation: createToken.name, outcome },
      (receipt) => {
        this.#refuse(receipt === 'recorded' ? refusal : auditUnavailable())
      },
    )
  }

  /** IAM answers 401 to wrong credentials, in Keystone's form beside our own. */
  #refuse(error: unknown): void {
    this.#count(error instanceof KmsError ? error.code : 'internal-error')
    const answer = wireAnswer(error)
    const status = error instanceof KmsError && error.code === 'credentials-invalid' ? 401 : answer.status
    const { error_code, error_msg } = JSON.parse(answer.body) as { error_code: string; error_msg: string }
    const said = { code: status, message: error_msg, title: titles[status] ?? 'Error', error_code, error_msg }
    this.#exchange.answer(status, JSON.stringify({ error: said, error_code, error_msg }), { close: true })
  }

  #count(outcome: string): void {
    this.#parts.onAnswered(createToken.name, outcome, (performance.now() - this.#exchange.startedAt) / 1000)
  }

  /** @throws KmsError credentials-invalid, project-mismatch, busy. */
  async #signIn({ identity, scope }: Auth): Promise<Caller> {
    const { source } = this.#exchange
    const { password, hw_ak_sk: keys } = identity
    const scoped = [scope?.project?.name, scope?.project?.id, ...named(scope?.project?.domain), ...named(scope?.domain)]
    const places = scoped.filter((one) => one !== undefined)
    if (password !== undefined && identity.methods[0] === 'password') {
      const { name, password: text, domain } = password.user
      return this.#parts.signIn.withPassword({
        userName: name,
        password: new TextEncoder().encode(text),
        places: [...named(domain), ...places],
        source,
      })
    }
    if (keys !== undefined && identity.methods[0] === 'hw_ak_sk') {
      const secret = new TextEncoder().encode(keys.secret.key)
      const caller = await this.#parts.signIn.withSecret({ accessKey: keys.access.key, secret, source })
      const { id, name, domainId, region } = caller.project.row
      if (places.every((one) => [id, name, domainId, region].includes(one))) return caller
      throw new KmsError('project-mismatch', 'the access key is of another project than the scope names')
    }
    throw new KmsError('parameter-invalid', 'identity.methods is ["password"] or ["hw_ak_sk"], with what the method needs')
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  503: 'Service Unavailable',
}

function readAuth(body: Uint8Array): Auth {
  const fields = parseJsonObject(body)
  if (validator.Check(fields)) return (fields as Static<typeof request>).auth
  throw new KmsError('parameter-invalid', 'this is not a request for a token: auth.identity with methods, and auth.scope')
}

function named(one: Static<typeof place> | undefined): string[] {
  return [one?.id, one?.name].filter((part) => part !== undefined)
}

/** @param base where the services are; undefined leaves the catalog out. */
function tokenBody(
  { project, user, role, issuedAt, expiresAt }: CreateTokenResult,
  { identity, scope }: Auth,
  base: string | undefined,
): object {
  const domain = domainOf(project)
  const ofDomain = scope?.domain !== undefined && scope.project === undefined
  return {
    methods: identity.methods,
    issued_at: timestamp(issuedAt),
    expires_at: timestamp(expiresAt),
    user: { id: user.id, name: user.name, domain, password_expires_at: '' },
    ...(ofDomain ? { domain } : { project: { id: project.id, name: project.name, domain } }),
    roles: [{ id: role, name: role }],
    ...(base !== undefined && { catalog: catalogOf(project, base) }),
  }
}

/** Six digits of a second, as Keystone writes them. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
