/**
 * The Huawei Cloud KMS API, REST v1.0, with the parts of IAM that its clients call: what its
 * unmodified clients speak.
 */
import { byPath } from '../../api/by-path.ts'
import type { Dialect } from '../../api/dialect.ts'
import { SignInCall } from '../../api/sign-in-call.ts'
import { baseUrl, OpenAnswer } from '../../api/strangers.ts'
import { wireAnswer } from './errors.ts'
import { refusals } from './fields.ts'
import { tokenPath, tokenSignIn } from './operations/tokens.ts'
import { versionsAnswer } from './operations/versions.ts'
import { routes } from './routes.ts'

const prefixes = ['/v1.0', '/v2', '/v3'] as const

/** Where clients ask about a version, including versions that do not exist. */
const anyVersion = /^\/v\d+(\.\d+)*$/

export const huawei: Dialect = {
  name: 'huawei',
  mediaType: 'application/json',
  requestIdHeader: 'X-Request-Id',
  schemes: ['sdkHmac', 'authToken', 'session'],
  routing: byPath(routes, false),
  fieldRefusals: refusals,
  refusal: wireAnswer,
  recognizes: ({ method, url = '' }) =>
    (method === 'GET' && (url === '/' || anyVersion.test(url))) ||
    prefixes.some((prefix) => isUnder(prefix, url)),
  open(exchange, head, service) {
    if (exchange.method === 'POST' && head.target.rawPath === tokenPath)
      return new SignInCall(tokenSignIn, exchange, head, service)
    const versions = versionsAnswer(exchange.method, exchange.rawTarget)
    if (versions === undefined) return undefined
    return new OpenAnswer(service, exchange, 'list-versions', () =>
      JSON.stringify(versions(baseUrl(service, head))),
    )
  },
}

function isUnder(prefix: string, rawTarget: string): boolean {
  return (
    rawTarget.startsWith(prefix) &&
    (rawTarget.length === prefix.length || '/?'.includes(rawTarget.charAt(prefix.length)))
  )
}
