/**
 * POST /v3/auth/tokens: a token for a password, for an access key with its secret, or for another
 * token. The format is Keystone's v3, with Huawei's method `hw_ak_sk`. Refusals are recorded like
 * those of any unidentified caller.
 */
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { UserCaller } from '../../../access/principals.ts'
import { fits } from '../../../access/user-lookup.ts'
import type { Refusal, Service } from '../../../api/dialect.ts'
import { checkNoPage } from '../../../api/open-posts.ts'
import type { SignInForm } from '../../../api/sign-in-call.ts'
import { baseUrl } from '../../../api/strangers.ts'
import { KmsError } from '../../../domain/errors.ts'
import { parseJsonObject } from '../../../wire/strict-json.ts'
import { wireAnswer } from '../errors.ts'
import { type CreateTokenResult, createToken } from '../identity.ts'
import { catalogOf, domainOf } from './iam.ts'

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
      token: Type.Optional(Type.Object({ id: Type.String({ minLength: 1, maxLength: 1024 }) })),
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
          Type.Object({
            id: Type.Optional(Type.String()),
            name: Type.Optional(Type.String()),
            domain: Type.Optional(place),
          }),
        ),
        domain: Type.Optional(place),
      }),
    ),
  }),
})
const validator = Compile(request)
type Auth = Static<typeof request>['auth']

type Entered = { readonly caller: UserCaller; readonly input: { readonly until: number | null } }

export const tokenSignIn: SignInForm<Auth, { readonly until: number | null }, CreateTokenResult> = {
  command: createToken,
  read(body, { headers }) {
    checkNoPage(headers)
    return readAuth(body)
  },
  enter: ofIdentity,
  write(result, auth, head, service) {
    const withCatalog = !head.target.query.some(([name]) => name === 'nocatalog')
    const token = tokenBody(result, auth, withCatalog ? baseUrl(service, head) : undefined)
    return { body: { token }, headers: ['X-Subject-Token', result.token] }
  },
  refusal: keystoneRefusal,
}

/** IAM answers 401 to wrong credentials, in Keystone's format besides our own. */
function keystoneRefusal(error: unknown): Refusal {
  const answer = wireAnswer(error)
  const status =
    error instanceof KmsError && error.code === 'credentials-invalid' ? 401 : answer.status
  const { error_code, error_msg } = JSON.parse(answer.body) as {
    error_code: string
    error_msg: string
  }
  const said = {
    code: status,
    message: error_msg,
    title: titles[status] ?? 'Error',
    error_code,
    error_msg,
  }
  return { ...answer, status, body: JSON.stringify({ error: said, error_code, error_msg }) }
}

/** Authenticates the caller, and says when their credentials expire. */
async function ofIdentity(
  { identity, scope }: Auth,
  source: string,
  { signIn, schemes }: Service,
): Promise<Entered> {
  const { password, hw_ak_sk: keys, token } = identity
  const projects = named(scope?.project)
  const domains = [...named(scope?.project?.domain), ...named(scope?.domain)]
  if (password !== undefined && identity.methods[0] === 'password') {
    const { name, password: text, domain } = password.user
    const caller = await signIn.withPassword({
      userName: name,
      password: new TextEncoder().encode(text),
      stated: { domains: [...named(domain), ...domains], projects },
      source,
    })
    return { caller, input: { until: null } }
  }
  if (keys !== undefined && identity.methods[0] === 'hw_ak_sk') {
    const secret = new TextEncoder().encode(keys.secret.key)
    const caller = await signIn.withSecret({ accessKey: keys.access.key, secret })
    if (fits(caller.project, { domains, projects })) return { caller, input: { until: null } }
    throw new KmsError(
      'project-mismatch',
      'the access key belongs to a different project than the scope',
    )
  }
  if (token !== undefined && identity.methods[0] === 'token') {
    const { caller, expiresAt } = await schemes.authToken.open(token.id)
    if (fits(caller.project, { domains, projects })) return { caller, input: { until: expiresAt } }
    throw new KmsError(
      'project-mismatch',
      'the token belongs to a different project than the scope',
    )
  }
  throw new KmsError(
    'parameter-invalid',
    'identity.methods must be ["password"], ["hw_ak_sk"] or ["token"], together with what that method needs',
  )
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
}

function readAuth(body: Uint8Array): Auth {
  const fields = parseJsonObject(body)
  if (validator.Check(fields)) return (fields as Static<typeof request>).auth
  throw new KmsError(
    'parameter-invalid',
    'not a token request: it must have auth.identity with methods, and auth.scope',
  )
}

function named(one: Static<typeof place> | undefined): string[] {
  return [one?.id, one?.name].filter((part) => part !== undefined)
}

/** @param base where the services are; undefined omits the catalog. */
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

/** Microseconds in six digits, as Keystone writes them. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
