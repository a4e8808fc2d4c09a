/** The OpenAPI 3.1 document of the admin API, built from the schemas that check its calls. */
import type { TObject, TSchema } from 'typebox'
import { sessionAnswer } from './answers.ts'
import { type AdminRoute, adminRoutes } from './routes.ts'
import { signInFields, signInPath } from './sign-in.ts'

export const openApiPath = '/admin/v1/openapi.json'

const refusal = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
  },
}
const refused = {
  description: 'Refused; nothing was changed',
  content: { 'application/json': { schema: refusal } },
}

function answered(schema: TSchema) {
  return { description: 'Done, and recorded', content: { 'application/json': { schema } } }
}

function describeRoute([method, path, operation, summary]: AdminRoute) {
  const names = [...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => name as string)
  const { properties, required = [] } = operation.fields as unknown as {
    properties: TObject['properties']
    required?: string[]
  }
  const own = Object.entries(properties).filter(([name]) => !names.includes(name))
  const query = method === 'GET' || method === 'DELETE'
  const parameters = [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: properties[name] })),
    ...(query
      ? own.map(([name, schema]) => ({
          name,
          in: 'query',
          required: required.includes(name),
          schema,
        }))
      : []),
  ]
  const body = {
    type: 'object',
    properties: Object.fromEntries(own),
    required: required.filter((name) => !names.includes(name)),
  }
  return {
    operationId: operation.command.name,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(!query &&
      own.length > 0 && {
        requestBody: { required: true, content: { 'application/json': { schema: body } } },
      }),
    responses: {
      [String(operation.status ?? 200)]: answered(operation.answer as TSchema),
      default: refused,
    },
  }
}

function document(): object {
  const paths: Record<string, Record<string, object>> = {
    [signInPath]: {
      post: {
        operationId: 'start-session',
        summary: 'Sign in; the answer sets the cookie of the session',
        security: [],
        requestBody: { required: true, content: { 'application/json': { schema: signInFields } } },
        responses: { 201: answered(sessionAnswer), default: refused },
      },
    },
  }
  for (const route of adminRoutes) {
    const [method, path] = route
    const shown = path.replaceAll(/:([a-z_]+)/g, '{$1}')
    paths[shown] = { ...paths[shown], [method.toLowerCase()]: describeRoute(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast admin API',
      version: '1',
      description:
        'The API that the console uses in addition to the Huawei API of the same server. Times are milliseconds since 1970. In a query %20 is a space and %2B a plus sign; a plus sign is also a space, except in a signed request, whose signature covers it as a plus sign.',
    },
    security: [{ session: [], csrf: [] }, { signature: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-holdfast' },
        csrf: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Holdfast-Csrf',
          description: 'with a session, on every call except GET',
        },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'SDK-HMAC-SHA256 with an access key',
        },
        token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
      },
    },
  }
}

let text: string | undefined

export function openApiText(): string {
  text ??= JSON.stringify(document())
  return text
}
