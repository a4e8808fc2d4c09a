/**
 * The request target, parsed once: verification and routing use the same result. RFC 9112 section
 * 3.2.
 */
import { WireError } from './wire-error.ts'

export type Target = {
  readonly rawPath: string
  /**
   * The path without its first slash, split at slashes, each part decoded; a slash within a part
   * came encoded. A slash at the end leaves an empty last part.
   */
  readonly segments: readonly string[]
  /** The whole path decoded. */
  readonly decodedPath: string
  /**
   * Whether a part contains a slash that came encoded: then `decodedPath` has more parts than
   * `segments`.
   */
  readonly encodedSlash: boolean
  /** What follows the question mark, as received; empty without one. */
  readonly rawQuery: string
  /** Decoded names and values in the order received; no name twice. A plus sign is a plus sign. */
  readonly query: Query
}

type Query = readonly (readonly [name: string, value: string])[]

const longest = 8192
/**
 * Visible ASCII except what no client sends bare: quotation marks, angle brackets, backslash,
 * caret, braces, bar, backtick, hash.
 */
const allowed = /^[!$-;=?-[\]_a-z~]+$/

/** @throws WireError bad-target. */
export function parseTarget(raw: string): Target {
  if (raw.length > longest) fail(`a request target must have at most ${longest} characters`)
  if (!raw.startsWith('/')) fail('a request target must begin with a slash')
  if (!allowed.test(raw)) fail('a request target contains a character that must be percent-encoded')
  const mark = raw.indexOf('?')
  const rawPath = mark < 0 ? raw : raw.slice(0, mark)
  const rawQuery = mark < 0 ? '' : raw.slice(mark + 1)
  if (rawPath.includes('//')) fail('a path must not have an empty segment')
  const segments = rawPath.slice(1).split('/').map(decode)
  const decodedPath = `/${segments.join('/')}`
  for (const segment of segments) {
    if (segment === '.' || segment === '..' || segment.includes('\\'))
      fail('a path must not have a dot segment or a backslash')
  }
  const encodedSlash = segments.some((segment) => segment.includes('/'))
  if (encodedSlash) checkPartsOf(decodedPath)
  return {
    rawPath,
    segments,
    decodedPath,
    encodedSlash,
    rawQuery,
    query: parseQuery(rawQuery),
  }
}

/**
 * The query as a form sends it: a plus sign is a space, and %2B is a plus sign. Not for signed
 * requests: the signature covers the plus sign, so one signature would be valid for two values.
 * WHATWG URL, application/x-www-form-urlencoded.
 * @throws WireError bad-target.
 */
export function formQuery({ rawQuery, query }: Target): Query {
  return rawQuery.includes('+') ? parseQuery(rawQuery.replaceAll('+', '%20')) : query
}

/**
 * A signature covers the decoded path, with or without a slash at its end: if an encoded slash
 * could form a part that a bare path cannot have, one signature would have two meanings.
 */
function checkPartsOf(decodedPath: string): void {
  for (const part of decodedPath.slice(1).split('/'))
    if (part === '' || part === '.' || part === '..')
      fail('a path with an encoded slash must not have empty or dot segments')
}

function parseQuery(raw: string): [string, string][] {
  if (raw === '') return []
  const pairs = raw.split('&').map((pair): [string, string] => {
    const equals = pair.indexOf('=')
    return equals < 0
      ? [decode(pair), '']
      : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
  })
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) fail('duplicate query parameter')
  return pairs
}

function decode(part: string): string {
  if (!part.includes('%')) return part
  let decoded = ''
  try {
    decoded = decodeURIComponent(part)
  } catch {
    fail('a percent-encoding must be two hexadecimal digits and decode to UTF-8')
  }
  if (/\p{Cc}/u.test(decoded)) fail('a control character is not allowed, encoded or not')
  return decoded
}

function fail(rule: string): never {
  throw new WireError('bad-target', rule)
}
