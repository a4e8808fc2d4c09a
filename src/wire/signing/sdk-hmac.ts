/**
 * What SDK-HMAC-SHA256 signs, in its two forms. "Access" is Huawei Cloud's own
 * (support.huaweicloud.com, API signing guide); "Credential" is what OpenStack-derived clients
 * send: the same name, but different strings. This module handles no keys.
 */
import { hash } from 'node:crypto'
import type { HeaderBag } from '../headers.ts'
import type { Target } from '../target.ts'
import { WireError } from '../wire-error.ts'

export const algorithm = 'SDK-HMAC-SHA256'

type Signed = {
  readonly accessKey: string
  /** Lower case, in the order in which they were signed. */
  readonly signedHeaders: readonly string[]
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string
}

export type Authorization =
  | (Signed & { readonly form: 'access' })
  | (Signed & {
      readonly form: 'credential'
      readonly date: string
      readonly region: string
      readonly service: string
    })

const longestAuthorization = 4096
const shape =
  /^SDK-HMAC-SHA256 (Access|Credential)=([^,\s]{1,200}), ?SignedHeaders=([a-z0-9!#$%&'*+.^_`|~;-]{1,2000}), ?Signature=([0-9a-f]{64})$/
const accessKeyShape = /^[A-Za-z0-9]{1,64}$/
const scopeShape =
  /^([A-Za-z0-9]{1,64})\/(\d{8})\/([A-Za-z0-9_-]{0,64})\/([A-Za-z0-9_-]{0,64})\/sdk_request$/

/** @throws WireError bad-authorization. */
export function parseAuthorization(header: string): Authorization {
  const [, form, subject, names, signature] =
    (header.length <= longestAuthorization && shape.exec(header)) || []
  if (subject === undefined || names === undefined || signature === undefined) {
    throw new WireError(
      'bad-authorization',
      `the header authorization does not have the form of ${algorithm}`,
    )
  }
  const signedHeaders = names.split(';')
  if (new Set(signedHeaders).size < signedHeaders.length || signedHeaders.includes('')) {
    throw new WireError('bad-authorization', 'SignedHeaders must name each header once')
  }
  if (form === 'Access') {
    if (!accessKeyShape.test(subject))
      throw new WireError('bad-authorization', 'Access must be the ID of an access key')
    return { form: 'access', accessKey: subject, signedHeaders, signature }
  }
  const [, accessKey, date, region, service] = scopeShape.exec(subject) ?? []
  if (
    accessKey === undefined ||
    date === undefined ||
    region === undefined ||
    service === undefined
  ) {
    throw new WireError(
      'bad-authorization',
      'Credential must be ACCESS-KEY/DATE/REGION/SERVICE/sdk_request',
    )
  }
  return { form: 'credential', accessKey, date, region, service, signedHeaders, signature }
}

export type SignedRequest = {
  readonly method: string
  readonly target: Target
  readonly headers: HeaderBag
  readonly body: Uint8Array
}

/** Where a client states the hash of the body, or that it signed none. */
export const contentHashHeader = 'x-sdk-content-sha256'
const unsignedPayload = 'UNSIGNED-PAYLOAD'

/**
 * Whether the signature itself states that it does not cover the body. An unsigned header does not
 * count: anybody could add it.
 */
export function isPayloadUnsigned(
  { headers }: SignedRequest,
  { signedHeaders }: Authorization,
): boolean {
  return (
    headers.get(contentHashHeader) === unsignedPayload && signedHeaders.includes(contentHashHeader)
  )
}

/**
 * SHA-256, hex, of the received bytes. For a POST without a body, the Credential form hashes the
 * query instead.
 */
export function payloadHash(
  { method, target, body }: SignedRequest,
  form: Authorization['form'],
): string {
  return hash('sha256', isQueryAsPayload(form, method, body) ? canonicalQuery(target) : body, 'hex')
}

function isQueryAsPayload(form: Authorization['form'], method: string, body: Uint8Array): boolean {
  return form === 'credential' && method === 'POST' && body.length === 0
}

/** @throws WireError bad-authorization if a signed header is missing. */
export function canonicalRequest(request: SignedRequest, authorization: Authorization): string {
  const { method, target, headers, body } = request
  const { form, signedHeaders } = authorization
  let lines = ''
  for (const name of signedHeaders) {
    const values = headers.all(name)
    if (values.length === 0)
      throw new WireError('bad-authorization', 'a header named in SignedHeaders is missing')
    for (const value of values.length === 1 ? values : values.toSorted()) {
      const trimmed = value.trim()
      lines += `${name}:${form === 'credential' ? trimmed.replaceAll(/\s+/g, ' ') : trimmed}\n`
    }
  }
  // If the body is not covered, the query still is, in either form.
  const payloadSigned = !isPayloadUnsigned(request, authorization)
  const query = payloadSigned && isQueryAsPayload(form, method, body) ? '' : canonicalQuery(target)
  const payload = payloadSigned ? payloadHash(request, form) : unsignedPayload
  return `${method}\n${canonicalUri(target)}\n${query}\n${lines}\n${signedHeaders.join(';')}\n${payload}`
}

/**
 * The string to sign: algorithm, time, in the Credential form its scope, and the hash of the
 * canonical request.
 */
export function stringToSign(
  authorization: Authorization,
  date: string,
  canonical: string,
): string {
  const hashed = hash('sha256', canonical, 'hex')
  if (authorization.form === 'access') return `${algorithm}\n${date}\n${hashed}`
  return `${algorithm}\n${date}\n${scopeOf(authorization)}\n${hashed}`
}

function scopeOf({ date, region, service }: Authorization & { form: 'credential' }): string {
  return `${date}/${region}/${service}/sdk_request`
}

/** The decoded path, encoded segment by segment, always with a slash at its end. */
function canonicalUri({ decodedPath, rawPath }: Target): string {
  const encoded = plain.test(rawPath) ? rawPath : decodedPath.split('/').map(encode).join('/')
  return encoded.endsWith('/') ? encoded : `${encoded}/`
}

function canonicalQuery({ query }: Target): string {
  if (query.length === 0) return ''
  const pairs = query.map(([name, value]) => [encode(name), encode(value)] as const)
  pairs.sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

/** Decoding and encoding again changes nothing in such a path. */
const plain = /^[A-Za-z0-9\-_.~/]*$/

/** RFC 3986: everything except the unreserved characters, upper-case digits. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
