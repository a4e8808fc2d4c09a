/**
 * The URL of a PostgreSQL database, read by the rules of libpq's connection URIs.
 *
 * It is here because two rooms that must not import each other read it: the configuration decides
 * by the hosts whether TLS is needed, and the store connects to them. A second reader with other
 * rules could send a password to a host on which nothing was decided. For the same reason a text
 * that readers of URLs understand differently, such as a second @, is refused.
 */
import { isIPv6 } from 'node:net'

/** Where a database is, and the role and the database that are used there. */
export type DatabaseAddress = {
  /**
   * Tried in this order; the first that is a primary is used. A host that begins with / is the
   * folder of a socket.
   */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly user: string
  readonly password: string | undefined
  readonly database: string
}

/** Where a database is, and how it is verified: a bare URL is reached without TLS. */
export type Database =
  | string
  | { readonly url: string; readonly tls: { readonly ca: string | undefined } | undefined }

/**
 * A text is not the URL of a database that Holdfast can use. The message says why and what to
 * write instead; it contains no part of the URL but names of parameters.
 */
export class DatabaseUrlRefused extends Error {}

const usualPort = 5432
const mostHosts = 16
const example = 'postgres://kms@db.example.com/kms'

/** The parameters that a URL may contain. */
const allowed = ['host', 'port', 'user', 'password', 'dbname', 'target_session_attrs'] as const
type Allowed = (typeof allowed)[number]

/** Known parameters that are refused, and the way out. */
const unwanted: readonly (readonly [names: readonly string[], instead: string])[] = [
  [
    [
      'ssl',
      'sslmode',
      'sslrootcert',
      'sslnegotiation',
      'sslcert',
      'sslkey',
      'sslpassword',
      'sslcertmode',
      'sslcrl',
      'sslcrldir',
      'sslsni',
      'sslcompression',
      'ssl_min_protocol_version',
      'ssl_max_protocol_version',
      'requiressl',
      'channel_binding',
      'gssencmode',
    ],
    'remove it and use --database-tls and --database-ca',
  ],
  [
    [
      'application_name',
      'fallback_application_name',
      'client_encoding',
      'connect_timeout',
      'idle_in_transaction_session_timeout',
      'keepalives',
      'keepalives_count',
      'keepalives_idle',
      'keepalives_interval',
      'lock_timeout',
      'options',
      'statement_timeout',
      'synchronous_commit',
      'tcp_user_timeout',
      'transaction_timeout',
    ],
    'remove it, because Holdfast sets what its connections and transactions need',
  ],
  [['hostaddr'], 'remove it and name the address as the host'],
]

/** @throws DatabaseUrlRefused with a text for people, with the way out. */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  const parts = partsOf(text)
  const parameters = parametersOf(parts.query)
  const hosts = hostsOf(parts.authority, parameters)
  const user = either('user', 'role', decoded(parts.user), parameters)
  if (user === '')
    throw refusal('must name the role: postgres://ROLE@db.example.com/kms, as no default is used')
  const password = either('password', 'password', decoded(parts.password), parameters)
  const database = either('dbname', 'database', decoded(parts.path), parameters)
  checkSession(parameters.get('target_session_attrs'))
  return {
    hosts,
    user,
    // As for libpq: an empty password means that there is no password.
    password: password === '' ? undefined : password,
    database: database === '' ? user : database,
  }
}

/** The parts of a URL before anything is decoded; empty if absent. */
type Parts = {
  readonly user: string
  readonly password: string
  readonly authority: string
  readonly path: string
  readonly query: string
}

function partsOf(text: string): Parts {
  if (!/^postgres(?:ql)?:\/\//.test(text))
    throw refusal(`must begin with postgres://, for example ${example}`)
  if (/[\s\p{Cc}#]/u.test(text) || !text.isWellFormed())
    throw refusal(
      'contains a space, a # or another character that must be percent-encoded: write a space as %20 and # as %23',
    )
  // Nothing but a second @, or one after the hosts, keeps this from matching.
  const found =
    /^[a-z]+:\/\/(?:([^@/?:]*)(?::([^@/?]*))?@)?([^@/?]*)(?:\/([^@?]*))?(?:\?([^@]*))?$/.exec(text)
  if (found === null)
    throw refusal(
      'contains an @ where none is expected: in a user, a password, a database or a parameter, write @ as %40, : as %3A, / as %2F and ? as %3F',
    )
  const [, user = '', password = '', authority = '', path = '', query = ''] = found
  return { user, password, authority, path, query }
}

function decoded(text: string): string {
  let plain: string
  try {
    plain = decodeURIComponent(text)
  } catch (error) {
    throw refusal(
      'contains a % that does not begin a percent-encoded character of UTF-8: write % as %25',
      { cause: error },
    )
  }
  if (plain.includes('\0'))
    throw refusal('contains U+0000 (%00), which PostgreSQL cannot represent')
  return plain
}

type Parameters = ReadonlyMap<Allowed, string>

function parametersOf(query: string): Parameters {
  const found = new Map<Allowed, string>()
  if (query === '') return found
  const pairs = query.split('&').map(pairOf)
  // What follows an & in a password looks like a name.
  const isShown = !pairs.some(([name]) => name === 'password')
  for (const [name, value] of pairs) {
    const known = allowed.find((one) => one === name)
    if (known === undefined) throw unwantedParameter(name, isShown)
    if (found.has(known)) throw refusal(`contains the parameter ${known} more than once`)
    found.set(known, value)
  }
  return found
}

function pairOf(text: string): [name: string, value: string] {
  const [name = '', value, ...more] = text.split('=')
  if (name === '' || value === undefined || more.length > 0)
    throw refusal(
      'contains a parameter that is not of the form name=value: in a value, write = as %3D and & as %26',
    )
  return [decoded(name), decoded(value)]
}

function unwantedParameter(name: string, isShown: boolean): DatabaseUrlRefused {
  for (const [names, instead] of unwanted)
    if (names.includes(name)) return refusal(`sets ${name}: ${instead}`)
  const shown = isShown && /^\w{1,40}$/.test(name) ? ` ${name}` : ''
  return refusal(`contains an unknown parameter${shown}: it may contain ${allowed.join(', ')}`)
}

/** What is named in one of two places: before the parameters, or as one; empty if in neither. */
function either(name: Allowed, what: string, before: string, parameters: Parameters): string {
  const parameter = parameters.get(name)
  if (parameter !== undefined && before !== '')
    throw refusal(`names the ${what} twice: remove the parameter ${name}`)
  return parameter ?? before
}

function hostsOf(authority: string, parameters: Parameters): DatabaseAddress['hosts'] {
  const entries = authority.split(',').map(entryOf)
  const isHere = entries.some(({ host }) => host !== '')
  if (!isHere && !parameters.get('host'))
    throw refusal(
      `must name a host, for example ${example}, or the folder of a socket: postgres://kms@/kms?host=/var/run/postgresql`,
    )
  if (isHere && parameters.has('host'))
    throw refusal('names hosts twice: remove the parameter host')
  const names = parameters.get('host')?.split(',') ?? entries.map(({ host }) => host)
  if (names.length > mostHosts) throw refusal(`names more than ${mostHosts} hosts`)
  const own = entries.some(({ port }) => port !== '') ? entries.map(({ port }) => port).join() : ''
  const ports = either('port', 'port', own, parameters).split(',')
  if (ports.length !== 1 && ports.length !== names.length)
    throw refusal('names several ports, but not as many as hosts')
  return names.map((host, index) => ({
    host: checkedHost(host),
    port: portOf(ports.length === 1 ? ports[0] : ports[index]),
  }))
}

/** A host with its port as they are written before the parameters; either may be empty. */
function entryOf(text: string): { host: string; port: string } {
  const found = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::([^:[\]]*))?$/.exec(text)
  const host = decoded(found?.[1] ?? found?.[2] ?? '')
  if (found === null || (found[1] !== undefined && !isIPv6(host)))
    throw refusal('must have an IPv6 address, and nothing else, in brackets, such as [::1]')
  return { host, port: decoded(found[3] ?? '') }
}

function checkedHost(host: string): string {
  if (host === '') throw refusal('contains an empty host among others')
  const isUsable = host.startsWith('/')
    ? !host.includes(',')
    : isIPv6(host) || /^[A-Za-z0-9._-]{1,253}$/.test(host)
  if (!isUsable)
    throw refusal(
      'contains a host that is neither a name in ASCII, nor an address, nor an absolute path without commas of the folder of a socket',
    )
  return host
}

function portOf(text: string | undefined): number {
  if (text === undefined || text === '') return usualPort
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535)
    throw refusal(
      'contains a port that is not a number from 1 to 65535: in a user or a password, write : as %3A, / as %2F and ? as %3F',
    )
  return port
}

/** Both accepted values mean a primary, which Holdfast requires in any case. */
function checkSession(attributes: string | undefined): void {
  if (attributes !== undefined && attributes !== 'primary' && attributes !== 'read-write')
    throw refusal(
      'sets target_session_attrs to something else than primary or read-write: Holdfast always requires a primary, so remove it',
    )
}

function refusal(what: string, options?: ErrorOptions): DatabaseUrlRefused {
  return new DatabaseUrlRefused(`the database URL ${what}`, options)
}
