/** The request target, read once: what is verified and what is routed come out of the same reading. RFC 9112 section 3.2. */
import { WireError } from './wire-error.ts'

export type Target = {
  readonly rawPath: string
  /** The path without its first slash, split at slashes, each part decoded. A slash at the end leaves an empty last part. */
  readonly segments: readonly string[]
  /** The whole path decoded. */
  readonly decodedPath: string
  /** Whether a part holds a slash that came encoded: then `decodedPath` splits in more parts than `segments` has. */
  readonly encodedSlash: boolean
  /** Decoded names and values in the order they came; no name twice. A plus sign is a plus sign. */
  readonly query: readonly (readonly [name: string, value: string])[]
}

const longest = 8192
/** Visible ASCII without what no client sends bare: quotation marks, angle brackets, backslash, caret, braces, bar, backtick, hash. */
const allowed = /^[!$-;=?-[\]_a-z~]+$/

/** @throws WireError bad-target. */
export function parseTarget(raw: string): Target {
  if (raw.length > longest) fail(`a request target is at most ${longest} characters`)
  if (!raw.startsWith('/')) fail('a request target begins with a slash')
  if (!allowed.test(raw)) fail('a request target has a character that must be percent-encoded')
  const mark = raw.indexOf('?')
  const rawPath = mark < 0 ? raw : raw.slice(0, mark)
  if (rawPath.includes('//')) fail('a path has no empty part')
  const segments = rawPath.slice(1).split('/').map(decode)
  for (const segment of segments) {
    if (segment === '.' || segment === '..' || segment.includes('\\')) fail('a path has no dot part and no backslash')
  }
  return {
    rawPath,
    segments,
    decodedPath: `/${segments.join('/')}`,
    encodedSlash: segments.some((segment) => segment.includes('/')),
    query: mark < 0 ? [] : parseQuery(raw.slice(mark + 1)),
  }
}

function parseQuery(raw: string): [string, string][] {
  if (raw === '') return []
  const pairs = raw.split('&').map((pair): [string, string] => {
    const equals = pair.indexOf('=')
    return equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]
  })
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) fail('a query parameter stands twice')
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
