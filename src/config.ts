/**
 * The only reader of flags and environment. Every flag has a variable (--data: HOLDFAST_DATA); a
 * secret is passed only as the name of its file.
 */
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { passphraseIn, SecretTextRefused } from './domain/material/secret-text.ts'
import { Wiped } from './domain/material/wiped.ts'
import { type DatabaseAddress, DatabaseUrlRefused, parseDatabaseUrl } from './ports/database-url.ts'
import { readPrivateFile, type Secrecy } from './ports/private-file.ts'

/** A setting is missing or wrong; the message names it and the values it accepts. */
export class ConfigError extends Error {}

export type RootSpec =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'passphrase'; readonly file: string | undefined }

export type MetricsAddress = {
  readonly host: string
  readonly port: number
  /** Whether this port was configured explicitly: then no other may be used. */
  readonly isExplicit: boolean
}

/**
 * TLS to the database.
 * @param ca certificates, PEM, that the database's is verified against; undefined for the
 * well-known ones.
 */
export type DatabaseTls = { readonly ca: string | undefined }

export type Config = {
  readonly data: string
  /** PostgreSQL that stores the data instead of a file in the folder. May contain a password. */
  readonly databaseUrl: string | undefined
  /** Undefined if the connection to the database needs none. */
  readonly databaseTls: DatabaseTls | undefined
  readonly host: string
  readonly port: number
  /** Address on which metrics are served; undefined for nowhere. */
  readonly metrics: MetricsAddress | undefined
  /**
   * Maximum number of connections from one block of addresses to a request thread; undefined if not
   * set.
   */
  readonly connectionsPerAddress: number | undefined
  /** How many bytes calls without credentials may add to the audit log per day. */
  readonly strangerLogBytes: number
  readonly region: string
  /** Threads that answer requests. */
  readonly workers: number
  /** Threads that sign and decrypt with asymmetric keys. */
  readonly operationThreads: number
  readonly root: RootSpec
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined
  /** Whether signatures may exclude the body; only with TLS, which then protects it. */
  readonly unsignedPayload: boolean
  readonly wrappingKeyBits: number
  readonly importTokenMs: number
  readonly authTokenMs: number
  /** Idle timeout of a console session, and its absolute lifetime. */
  readonly sessionIdleMs: number
  readonly sessionMs: number
  /** Blocks of addresses of proxies that are trusted to say where a request comes from. */
  readonly trustedProxies: readonly string[]
  /** Where clients reach this server, if not at the address that their requests name. */
  readonly publicUrl: string | undefined
  readonly materialChecks: 'refuse' | 'warn'
  /** Number of days for which a backup drill counts. */
  readonly drillDays: number
  readonly maxKeysPerProject: number
  /** How long a deletion waits if it fell due while the server was stopped. */
  readonly missedDeletionWaitMs: number
  /** How long it still answers after a signal, while it is not ready. */
  readonly drainMs: number
}

/** Flags of `holdfast server` with their help; the environment names follow from them. */
export const serverFlags = [
  ['--data <dir>', 'data folder (default ./holdfast-data)'],
  ['--listen <host:port>', 'address to listen on (default 127.0.0.1:8320)'],
  [
    '--metrics-listen <host:port>',
    'address for GET /metrics, or off (default 127.0.0.1 and the port after that of --listen, or any free one)',
  ],
  [
    '--max-connections-per-address <n>',
    'maximum connections from a /24 or /64 block to each request thread (default 256; 4096 on loopback)',
  ],
  [
    '--stranger-log-mb <n>',
    'MiB a day that calls without credentials may add to the audit log (default 64); beyond it they are counted',
  ],
  [
    '--database-url <url>',
    'PostgreSQL that stores the data (preview), such as postgres://kms@db.example.com/kms; several hosts are separated by commas, and the first primary is used',
  ],
  ['--database-url-file <file>', 'file that contains the URL, for one with a password'],
  [
    '--database-tls <mode>',
    'TLS to the database: verify, or insecure for none (default verify, except on loopback or a socket)',
  ],
  [
    '--database-ca <file>',
    'CA certificates to verify the database’s certificate, PEM (default the well-known ones)',
  ],
  ['--region <name>', 'region name that clients see (default local)'],
  ['--root <spec>', 'root of trust: file:PATH or passphrase (default file:DIR/root.key)'],
  ['--passphrase-file <file>', 'file that contains the passphrase for --root passphrase'],
  [
    '--workers <n>',
    'threads that answer requests (default 1 below 4 cores, else half of them; Linux only)',
  ],
  [
    '--operation-threads <n>',
    'threads that sign and decrypt with asymmetric keys (default one per core, at most 8)',
  ],
  ['--tls-cert <file>', 'certificate chain, PEM'],
  ['--tls-key <file>', 'private key of the certificate, PEM'],
  ['--insecure-http', 'allow plain HTTP on an address that is not loopback'],
  [
    '--unsigned-payload',
    'accept calls whose signature does not cover the body, as the PHP SDK signs; needs --tls-cert (default off)',
  ],
  [
    '--wrapping-key-bits <n>',
    'RSA size of wrapping keys for imports: 2048, 3072 or 4096 (default 2048)',
  ],
  ['--import-token-hours <n>', 'how long an import token is valid, 1 to 168 (default 24)'],
  [
    '--auth-token-hours <n>',
    'how long a token of POST /v3/auth/tokens is valid, 1 to 168 (default 24)',
  ],
  [
    '--session-idle-minutes <n>',
    'idle timeout of console sessions in minutes, 1 to 1440 (default 15)',
  ],
  ['--session-hours <n>', 'lifetime of console sessions in hours, 1 to 168 (default 8)'],
  [
    '--trusted-proxy <blocks>',
    'proxies whose X-Forwarded-For is trusted, such as 10.0.0.0/8,fd00::/8 (default none)',
  ],
  [
    '--public-url <url>',
    'address of this server as clients see it, when a proxy is in front of it',
  ],
  ['--material-checks <mode>', 'weak symmetric material: refuse or warn (default refuse)'],
  ['--drill-days <n>', 'days for which a backup drill counts as a proof, 1 to 3650 (default 90)'],
  ['--max-keys <n>', 'keys a project may hold (default 1000000)'],
  [
    '--missed-deletion-wait <seconds>',
    'wait before deletions that fell due while stopped (default 3600)',
  ],
  [
    '--drain-seconds <n>',
    'how long it still answers after SIGTERM or SIGINT while /readyz is not ready, 0 to 300 (default 0)',
  ],
] as const

export type Flags = Readonly<Record<string, string | boolean | undefined>>

/** @param flags by camel-case name. @throws ConfigError. */
export function readConfig(
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
): Config {
  const setting: Setting = (name) => {
    const flag = flags[name]
    if (flag !== undefined) return String(flag)
    return environment[
      `HOLDFAST_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
    ]
  }
  const data = resolve(setting('data') ?? './holdfast-data')
  const listening = readListening(setting)
  return Object.freeze({
    data,
    ...listening,
    ...readDatabase(setting),
    ...readSharing(setting),
    ...readLives(setting),
    region: matching(
      'region',
      setting('region') ?? 'local',
      /^[a-z0-9-]{1,64}$/,
      'lower-case letters, digits and -',
    ),
    root: readRoot(
      setting('root') ?? `file:${join(data, 'root.key')}`,
      setting('passphraseFile'),
      environment.CREDENTIALS_DIRECTORY,
    ),
    wrappingKeyBits: oneOf('wrapping-key-bits', setting('wrappingKeyBits') ?? '2048', {
      2048: 2048,
      3072: 3072,
      4096: 4096,
    }),
    materialChecks: oneOf('material-checks', setting('materialChecks') ?? 'refuse', {
      refuse: 'refuse',
      warn: 'warn',
    } as const),
  })
}

/** A setting by its name in camel case: the flag, else the environment variable. */
type Setting = (name: string) => string | undefined

/** Where it listens, and what may go over those connections. */
function readListening(setting: Setting) {
  const { host, port } = address('listen', setting('listen') ?? '127.0.0.1:8320')
  const tls = readTls(setting('tlsCert'), setting('tlsKey'))
  if (tls === undefined && !isLoopback(host) && setting('insecureHttp') !== 'true') {
    throw new ConfigError(
      `plain HTTP on ${host} would show every secret to the network: set --tls-cert and --tls-key, or --insecure-http`,
    )
  }
  const unsignedPayload = oneOf('unsigned-payload', setting('unsignedPayload') ?? 'false', {
    true: true,
    false: false,
  })
  if (unsignedPayload && tls === undefined) {
    throw new ConfigError(
      '--unsigned-payload needs TLS up to this server, regardless of --public-url: without a signature over the body, only TLS protects it; set --tls-cert and --tls-key',
    )
  }
  const metrics = readMetricsAddress(setting('metricsListen'), port)
  if (metrics !== undefined && !isLoopback(metrics.host) && setting('insecureHttp') !== 'true') {
    throw new ConfigError(
      `--metrics-listen on ${metrics.host} would expose metrics to the network without credentials or TLS; set --insecure-http to allow that`,
    )
  }
  return {
    host,
    port,
    tls,
    unsignedPayload,
    metrics,
    trustedProxies: readBlocks(setting('trustedProxy') ?? ''),
    publicUrl: readPublicUrl(setting('publicUrl')),
  }
}

/** Threads, and what callers share. */
function readSharing(setting: Setting) {
  const perAddress = setting('maxConnectionsPerAddress')
  return {
    strangerLogBytes:
      whole('stranger-log-mb', setting('strangerLogMb') ?? '64', 1, 100_000) * 1_048_576,
    connectionsPerAddress:
      perAddress === undefined
        ? undefined
        : whole('max-connections-per-address', perAddress, 1, 8192),
    workers: whole('workers', setting('workers') ?? defaultWorkers(), 1, 64),
    operationThreads: whole(
      'operation-threads',
      setting('operationThreads') ?? String(Math.min(8, availableParallelism())),
      1,
      64,
    ),
    maxKeysPerProject: whole('max-keys', setting('maxKeys') ?? '1000000', 1, 100_000_000),
  }
}

/** How long things live and count. */
function readLives(setting: Setting) {
  const hours = (flag: string, name: string, usual: string): number =>
    whole(flag, setting(name) ?? usual, 1, 168) * 3_600_000
  return {
    importTokenMs: hours('import-token-hours', 'importTokenHours', '24'),
    authTokenMs: hours('auth-token-hours', 'authTokenHours', '24'),
    sessionIdleMs:
      whole('session-idle-minutes', setting('sessionIdleMinutes') ?? '15', 1, 1440) * 60_000,
    sessionMs: hours('session-hours', 'sessionHours', '8'),
    drillDays: whole('drill-days', setting('drillDays') ?? '90', 1, 3650),
    missedDeletionWaitMs:
      whole('missed-deletion-wait', setting('missedDeletionWait') ?? '3600', 0, 31_536_000) * 1000,
    drainMs: whole('drain-seconds', setting('drainSeconds') ?? '0', 0, 300) * 1000,
  }
}

/**
 * More than one request thread requires a port that the kernel shares among listeners, which only
 * Linux does evenly.
 */
function defaultWorkers(): string {
  const cores = availableParallelism()
  return String(cores < 4 || process.platform !== 'linux' ? 1 : Math.min(8, Math.floor(cores / 2)))
}

/** Next to the port of the service, so that every server on a machine has a default of its own. */
function readMetricsAddress(
  text: string | undefined,
  servicePort: number,
): MetricsAddress | undefined {
  if (text === 'off') return undefined
  if (text !== undefined) return { ...address('metrics-listen', text), isExplicit: true }
  const port = servicePort === 0 || servicePort === 65_535 ? 0 : servicePort + 1
  return { host: '127.0.0.1', port, isExplicit: false }
}

function address(flag: string, text: string): { host: string; port: number } {
  const [, ipv6, name, port] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = ipv6 ?? name
  if (host === undefined || Number(port) > 65_535)
    throw new ConfigError(`--${flag} must be HOST:PORT, for example 127.0.0.1:8320 or [::1]:8320`)
  return { host, port: Number(port) }
}

/** Where the data is kept instead of in the folder, if a URL says so. */
function readDatabase(setting: Setting): Pick<Config, 'databaseUrl' | 'databaseTls'> {
  const [mode, ca] = [setting('databaseTls'), setting('databaseCa')]
  const url = readDatabaseUrl(setting('databaseUrl'), setting('databaseUrlFile'))
  if (url === undefined) {
    if (mode !== undefined || ca !== undefined)
      throw new ConfigError('--database-tls and --database-ca require a database URL')
    return { databaseUrl: undefined, databaseTls: undefined }
  }
  return { databaseUrl: url.text, databaseTls: readDatabaseTls(url.address, mode, ca) }
}

/** A URL with a password is accepted only from a file: others can read flags and environment. */
function readDatabaseUrl(
  url: string | undefined,
  file: string | undefined,
): { text: string; address: DatabaseAddress } | undefined {
  if (url !== undefined && file !== undefined)
    throw new ConfigError('set --database-url or --database-url-file, not both')
  const text = file === undefined ? url : readDatabaseUrlFile(file)
  if (text === undefined) return undefined
  const address = databaseAddress(text)
  if (url !== undefined && address.password !== undefined)
    throw new ConfigError(
      'the database URL contains a password, which flags and environment would expose: put it in a file and use --database-url-file',
    )
  return { text, address }
}

function databaseAddress(text: string): DatabaseAddress {
  try {
    return parseDatabaseUrl(text)
  } catch (error) {
    if (error instanceof DatabaseUrlRefused) throw new ConfigError(error.message, { cause: error })
    throw error
  }
}

/** The file holds a password: it is read like every secret text. */
function readDatabaseUrlFile(path: string): string {
  using content = Wiped.of(readNamed('--database-url-file', path))
  try {
    return Buffer.from(passphraseIn(content.bytes)).toString().trim()
  } catch (error) {
    if (error instanceof SecretTextRefused)
      throw new ConfigError(`--database-url-file: ${path} ${error.message}`, { cause: error })
    throw error
  }
}

/**
 * All project data that is not sealed crosses this link, and answers are decided on what it
 * carries.
 */
function readDatabaseTls(
  address: DatabaseAddress,
  mode: string | undefined,
  ca: string | undefined,
): DatabaseTls | undefined {
  const hosts = address.hosts.map(({ host }) => host)
  const isHere = hosts.every((host) => host.startsWith('/') || isLoopback(host))
  const chosen = oneOf(
    'database-tls',
    mode ?? (isHere && ca === undefined ? 'insecure' : 'verify'),
    {
      verify: 'verify',
      insecure: 'insecure',
    } as const,
  )
  if (chosen === 'insecure') {
    if (ca !== undefined) throw new ConfigError('--database-ca requires --database-tls verify')
    return undefined
  }
  // Only its name identifies which of several hosts is answering.
  if (hosts.length > 1 && hosts.some((host) => isIP(host) !== 0))
    throw new ConfigError(
      'a database URL with several hosts must use host names, so that their certificates can be verified: it contains an address',
    )
  return { ca: ca === undefined ? undefined : readNamed('--database-ca', ca, 'public').toString() }
}

/** @returns each block as address/prefix. */
function readBlocks(text: string): string[] {
  if (text.trim() === '') return []
  return text.split(',').map((part) => {
    const [, address = '', prefix] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(part.trim()) ?? []
    const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
    const length = prefix === undefined ? bits : Number(prefix)
    // A prefix of 0 would trust everyone.
    if (bits === 0 || length < 1 || length > bits)
      throw new ConfigError(
        `--trusted-proxy must be a list of addresses or blocks, for example 10.0.0.0/8,fd00::/8: ${part.trim()} is neither`,
      )
    return `${address}/${length}`
  })
}

function readPublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (!/^https?:\/\/[A-Za-z0-9.[\]:-]+$/.test(text))
    throw new ConfigError(
      '--public-url must be, for example, https://kms.example.com, without a path',
    )
  return text
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function readTls(cert: string | undefined, key: string | undefined): Config['tls'] {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined)
    throw new ConfigError('--tls-cert and --tls-key must be set together')
  const read = { cert: readNamed('--tls-cert', cert, 'public'), key: readNamed('--tls-key', key) }
  checkPem('--tls-cert', `${cert} contains no readable PEM certificate`, {
    cert: read.cert,
  })
  checkPem(
    '--tls-key',
    `${key} contains no PEM private key that is readable without a passphrase`,
    { key: read.key },
  )
  checkPem('--tls-key', `${key} is not the private key of the certificate in ${cert}`, read)
  return read
}

function checkPem(flag: string, fault: string, options: SecureContextOptions): void {
  try {
    createSecureContext(options)
  } catch (error) {
    throw new ConfigError(`${flag}: ${fault}`, { cause: error })
  }
}

function readNamed(flag: string, path: string, secrecy: Secrecy = 'secret'): Buffer {
  try {
    return readPrivateFile(path, secrecy)
  } catch (error) {
    throw new ConfigError(`${flag}: ${(error as Error).message}`, { cause: error })
  }
}

function readRoot(
  spec: string,
  passphraseFile: string | undefined,
  credentials: string | undefined,
): RootSpec {
  if (spec.startsWith('file:') && spec.length > 5)
    return { kind: 'file', path: resolve(spec.slice(5)) }
  if (spec === 'passphrase') {
    const file = passphraseFile ?? (credentials && join(credentials, 'holdfast-passphrase'))
    return { kind: 'passphrase', file }
  }
  throw new ConfigError('--root must be file:PATH or passphrase')
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw new ConfigError(`--${name} must be a whole number from ${min} to ${max}`)
  return value
}

function matching(name: string, text: string, pattern: RegExp, what: string): string {
  if (!pattern.test(text)) throw new ConfigError(`--${name} must consist of ${what}`)
  return text
}

function oneOf<T>(name: string, text: string, choices: Readonly<Record<string, T>>): T {
  if (!Object.hasOwn(choices, text))
    throw new ConfigError(`--${name} must be one of: ${Object.keys(choices).join(', ')}`)
  return choices[text] as T
}
