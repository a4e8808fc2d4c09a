/** The admin API: what the console needs besides the KMS itself. */
import { byPath } from '../../api/by-path.ts'
import type { Dialect } from '../../api/dialect.ts'
import { SignInCall } from '../../api/sign-in-call.ts'
import { OpenAnswer } from '../../api/strangers.ts'
import { wireAnswer } from './errors.ts'
import { openApiPath, openApiText } from './openapi.ts'
import { routes } from './routes.ts'
import { sessionSignIn, signInPath } from './sign-in.ts'

export const admin: Dialect = {
  name: 'admin',
  mediaType: 'application/json',
  requestIdHeader: 'X-Request-Id',
  schemes: ['sdkHmac', 'authToken', 'session'],
  routing: byPath(routes, true),
  fieldRefusals: {},
  refusal: wireAnswer,
  recognizes: ({ url = '' }) => url.startsWith('/admin/'),
  open(exchange, head, service) {
    const { method, rawTarget } = exchange
    if (method === 'POST' && rawTarget === signInPath)
      return new SignInCall(sessionSignIn, exchange, head, service)
    if (method === 'GET' && rawTarget === openApiPath)
      return new OpenAnswer(service, exchange, 'get-openapi', openApiText)
    return undefined
  },
}
