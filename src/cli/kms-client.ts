/**
 * Calls the KMS API of a server as any client does. Requests are signed with SDK-HMAC-SHA256, over
 * the same canonical request that the server verifies.
 */
import { createHmac } from 'node:crypto'
import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Wiped } from '../domain/material/wiped.ts'
import { HeaderBag } from '../wire/headers.ts'
import {
  type Authorization,
  algorithm,
  canonicalRequest,
  stringToSign,
} from '../wire/signing/sdk-hmac.ts'
import { parseTarget } from '../wire/target.ts'
import { connectionFailure, hostOf, readAuthority } from './connection-faults.ts'
import type { Credentials } from './credentials.ts'
import { CliFailure, type Failing } from './failure.ts'

// biome-ignore lint/suspicious/noExplicitAny: the edge of the wire: answers have the shape that the API documents.
export type Answer = any

export type KmsClient = {
  /**
   * @throws CliFailure for an error response, with its code, text and request ID, and if the server
   * cannot be reached.
   */
  call(operation: string, fields: object): Promise<Answer>
  /** The same for operations that use GET. */
  get(operation: string): Promise<Answer>
  /** The same for operations that use DELETE. */
  remove(operation: string, fields: object): Promise<Answer>
  /** An operation of the admin API; the path is relative to /admin/v1. */
  admin(method: string, path: string, fields?: object): Promise<Answer>
}

const patienceMs = 70_000

/**
 * The value of the Authorization header, in the form with `Access=`. Header names are lower case.
 */
export function authorizationOf(
  {
    method,
    path,
    headers,
    body,
  }: { method: string; path: string; headers: Readonly<Record<string, string>>; body: Uint8Array },
  { accessKey, secret }: Pick<Credentials, 'accessKey' | 'secret'>,
): string {
  const signedHeaders = Object.keys(headers).toSorted()
  const authorization: Authorization = { form: 'access', accessKey, signedHeaders, signature: '' }
  const signed = {
    method,
    target: parseTarget(path),
    headers: new HeaderBag(Object.entries(headers).flat()),
    body,
  }
  const text = stringToSign(
    authorization,
    headers['x-sdk-date'] ?? '',
    canonicalRequest(signed, authorization),
  )
  const signature = createHmac('sha256', secret).update(text).digest('hex')
  return `${algorithm} Access=${accessKey}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`
}

/**
 * @param options.ca PEM file with the CA certificate of the server, if the system does not trust
 * it.
 */
export function kmsClient(
  credentials: Credentials,
  endpoint: string,
  options: { readonly ca?: string | undefined } = {},
): KmsClient {
  const base = endpointOf(endpoint)
  const kms = `/v1.0/${credentials.projectId}/kms`
  const send = async (
    method: string,
    path: string,
    fields: object | undefined,
  ): Promise<Answer> => {
    using content = Wiped.of(Buffer.from(fields === undefined ? '' : JSON.stringify(fields)))
    const body = content.bytes
    const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    const headers = { host: base.host, 'content-type': 'application/json', 'x-sdk-date': date }
    const authorization = authorizationOf({ method, path, headers, body }, credentials)
    const sent = { ...headers, authorization, 'content-length': String(body.length) }
    return await exchange(
      base,
      { method, path, headers: sent, timeout: patienceMs },
      body,
      options.ca,
    )
  }
  return {
    call: (operation, fields) => send('POST', `${kms}/${operation}`, fields),
    get: (operation) => send('GET', `${kms}/${operation}`, undefined),
    remove: (operation, fields) => send('DELETE', `${kms}/${operation}`, fields),
    admin: (method, path, fields) => send(method, `/admin/v1${path}`, fields),
  }
}

/** @throws CliFailure for anything that is not an http or https URL. */
export function endpointOf(text: string): URL {
  try {
    const url = new URL(text)
    if (url.protocol === 'http:' || url.protocol === 'https:') return url
  } catch {}
  throw new CliFailure(
    'usage',
    `the endpoint ${text} must be an http or https URL, for example http://127.0.0.1:8320`,
  )
}

async function exchange(
  base: URL,
  options: RequestOptions,
  body: Uint8Array,
  ca: string | undefined,
): Promise<Answer> {
  const { status, text, requestId } = await fetchText(base, options, body, ca)
  let answer: Answer
  try {
    answer = JSON.parse(text)
  } catch (error) {
    throw new CliFailure(
      'unreachable',
      `${base.origin} is not a Holdfast server: its response (HTTP ${status}) is not JSON`,
      {
        cause: error,
      },
    )
  }
  if (status >= 200 && status < 300) return answer
  const {
    error_code,
    code = error_code ?? String(status),
    error_msg,
    message = error_msg ?? 'no reason given',
  } = answer.error ?? answer
  throw new CliFailure(failingOf(status, code), `${code}: ${message} (request ${requestId})`)
}

function failingOf(status: number, code: string): Failing {
  if (status === 401 || status === 403) return 'notPermitted'
  if (code === 'KMS.0207' || code === 'key-not-found') return 'noSuchKey'
  return status === 503 ? 'unreachable' : 'refused'
}

/**
 * Sends one request to a server.
 * @throws CliFailure if it cannot be reached.
 */
export function fetchText(
  base: URL,
  options: RequestOptions,
  body: Uint8Array = new Uint8Array(),
  ca?: string,
): Promise<{ status: number; text: string; requestId: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => void connectionFailure({ base, ca }, error).then(reject)
    const secure = base.protocol === 'https:'
    const all = { hostname: hostOf(base), port: base.port || (secure ? 443 : 80), ...options }
    const outgoing = secure
      ? httpsRequest({ ...all, ...(ca !== undefined && { ca: readAuthority(ca) }) })
      : httpRequest(all)
    outgoing.on('error', fail)
    outgoing.on('timeout', () => outgoing.destroy(new Error('the server did not answer in time')))
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => {
        const requestId = String(response.headers['x-request-id'] ?? 'unknown')
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          requestId,
        })
      })
    })
    outgoing.end(body)
  })
}
