/**
 * The request target, read once: what is verified and what is routed come out of the same reading.
 * RFC 9112 section 3.2.
 */
import { WireError } from './wire-error.ts'

export type Target = {
  readonly rawPath: string
  /**
   * The path without its first slash, split at slashes, each part decoded; one that holds a slash
   * had it encoded. A slash at the end leaves an empty last part.
   */
  readonly segments: readonly string[]
  /** The whole path decoded. */
  readonly decodedPath: string
  /**
   * Whether a part holds a slash that came encoded: then `decodedPath` splits in more parts than
   * `segments` has.
   */
  readonly encodedSlash: boolean
  /** What stands behind the question mark, as it came; empty without one. */
  readonly rawQuery: string
  /** Decoded names and values in the order they came; no name twice. A plus sign is a plus sign. */
  readonly query: Query
}

type Query = readonly (readonly [name: string, value: string])[]

const longest = 8192
/**
 * Visible ASCII without what no client sends bare: quotation marks, angle brackets, backslash,
 * caret, braces, bar, backtick, hash.
 */
const allowed = /^[!$-;=?-[\]_a-z~]+$/

/** @throws WireError bad-target. */
export function parseTarget(raw: string): Target {
  if (raw.length > longest) fail(`a request target is at most ${longest} characters`)
  if (!raw.startsWith('/')) fail('a request target begins with a slash')
  if (!allowed.test(raw)) fail('a request target has a character that must be percent-encoded')
  const mark = raw.indexOf('?')
  const rawPath = mark < 0 ? raw : raw.slice(0, mark)
  const rawQuery = mark < 0 ? '' : raw.slice(mark + 1)
  if (rawPath.includes('//')) fail('a path has no empty part')
  const segments = rawPath.slice(1).split('/').map(decode)
  const decodedPath = `/${segments.join('/')}`
  for (const segment of segments) {
    if (segment === '.' || segment === '..' || segment.includes('\\'))
      fail('a path has no dot part and no backslash')
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
 * The query as a form sends it: a plus sign is a blank, and %2B is a plus sign. Not for signed
 * requests: a signature covers a plus sign, so one signature would be good for two values. WHATWG
 * URL, application/x-www-form-urlencoded. @throws WireError bad-target.
 */
export function formQuery({ rawQuery, query }: Target): Query {
  return rawQuery.includes('+') ? parseQuery(rawQuery.replaceAll('+', '%20')) : query
}

/**
 * A signature covers the decoded path, and a slash at its end or not: where one came encoded, a
 * part that a bare path could not have would give one signature two meanings.
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
  if (new Set(pairs.map(([name]) => name)).size < pairs.length)
    fail('a query parameter stands twice')
  return pairs
}

function decode(part: string): string {
  if (!part.includes('%')) return part
  let decoded = ''
  try {
    decoded = decodeURIComponent(part)
  } catch {
    fail('a percent-encoding is not two hexadecimal digits, or not UTF-8')
  }
  if (/\p{Cc}/u.test(decoded)) fail('a control character is not allowed, encoded or not')
  return decoded
}

function fail(rule: string): never {
  throw new WireError('bad-target', rule)
}
