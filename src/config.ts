/** The only reader of flags and environment. Every flag has a variable (--data: HOLDFAST_DATA); a secret is named by file only. */
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'

/** A setting is missing or wrong; the message names it and what it takes. */
export class ConfigError extends Error {}

export type RootSpec =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'passphrase'; readonly file: string | undefined }

export type Config = {
  readonly data: string
  /** PostgreSQL that keeps the data instead of a file in the folder. May hold a password. */
  readonly databaseUrl: string | undefined
  readonly host: string
  readonly port: number
  readonly region: string
  /** Threads that answer requests. */
  readonly workers: number
  /** Threads that sign and decrypt with asymmetric keys. */
  readonly operationThreads: number
  readonly root: RootSpec
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined
  readonly wrappingKeyBits: number
  readonly importTokenMs: number
  readonly authTokenMs: number
  /** A console without a call for so long is signed out; and every one after the longest life of a session. */
  readonly sessionIdleMs: number
  readonly sessionMs: number
  /** Where clients reach this server, if that is not where they say they do. */
  readonly publicUrl: string | undefined
  readonly materialChecks: 'refuse' | 'warn'
  /** For so many days a backup drill counts. */
  readonly drillDays: number
  readonly maxKeysPerProject: number
  /** How long a deletion waits that fell due while the server was stopped. */
  readonly missedDeletionWaitMs: number
}

/** Flags of `holdfast server` with their help; the environment names follow from them. */
export const serverFlags = [
  ['--data <dir>', 'data folder (default ./holdfast-data)'],
  ['--listen <host:port>', 'address to listen on (default 127.0.0.1:8320)'],
  ['--database-url <url>', 'PostgreSQL that keeps the data (preview), such as postgres://kms@db.example.com/kms'],
  ['--database-url-file <file>', 'file that holds the URL, for one with a password'],
  ['--region <name>', 'region name that clients see (default local)'],
  ['--root <spec>', 'root of trust: file:PATH or passphrase (default file:DIR/root.key)'],
  ['--passphrase-file <file>', 'file that holds the passphrase of --root passphrase'],
  ['--workers <n>', 'threads that answer requests (default 1 below 4 cores, else half of them; Linux only)'],
  ['--operation-threads <n>', 'threads that sign and decrypt with asymmetric keys (default one a core, at most 8)'],
  ['--tls-cert <file>', 'certificate chain, PEM'],
  ['--tls-key <file>', 'private key of the certificate, PEM'],
  ['--insecure-http', 'allow plain HTTP on an address that is not loopback'],
  ['--wrapping-key-bits <n>', 'RSA size of wrapping keys for imports: 2048, 3072 or 4096 (default 2048)'],
  ['--import-token-hours <n>', 'how long an import token is valid, 1 to 168 (default 24)'],
  ['--auth-token-hours <n>', 'how long a token of POST /v3/auth/tokens is valid, 1 to 168 (default 24)'],
  ['--session-idle-minutes <n>', 'a console without a call for so long is signed out, 1 to 1440 (default 15)'],
  ['--session-hours <n>', 'every console is signed out after so long, 1 to 168 (default 8)'],
  ['--public-url <url>', 'address of this server as clients see it, when a proxy stands before it'],
  ['--material-checks <mode>', 'weak symmetric material: refuse or warn (default refuse)'],
  ['--drill-days <n>', 'days for which a backup drill counts as a proof, 1 to 3650 (default 90)'],
  ['--max-keys <n>', 'keys a project may hold (default 1000000)'],
  ['--missed-deletion-wait <seconds>', 'wait before deletions that fell due while stopped (default 3600)'],
] as const

export type Flags = Readonly<Record<string, string | boolean | undefined>>

/** @param flags by camel-case name. @throws ConfigError. */
export function readConfig(flags: Flags, environment: Readonly<Record<string, string | undefined>>): Config {
  const setting = (name: string): string | undefined => {
    const flag = flags[name]
    if (flag !== undefined) return String(flag)
    return environment[`HOLDFAST_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`]
  }
  const data = resolve(setting('data') ?? './holdfast-data')
  const { host, port } = address(setting('listen') ?? '127.0.0.1:8320')
  const tls = readTls(setting('tlsCert'), setting('tlsKey'))
  if (tls === undefined && !isLoopback(host) && setting('insecureHttp') !== 'true') {
    throw new ConfigError(
      `plain HTTP on ${host} would show every secret to the network: give --tls-cert and --tls-key, or say --insecure-http`,
    )
  }
  return Object.freeze({
    data,
    databaseUrl: readDatabaseUrl(setting('databaseUrl'), setting('databaseUrlFile')),
    host,
    port,
    region: matching('region', setting('region') ?? 'local', /^[a-z0-9-]{1,64}$/, 'lower-case letters, digits and -'),
    workers: whole('workers', setting('workers') ?? defaultWorkers(), 1, 64),
    operationThreads: whole(
      'operation-threads',
      setting('operationThreads') ?? String(Math.min(8, availableParallelism())),
      1,
      64,
    ),
    root: readRoot(
      setting('root') ?? `file:${join(data, 'root.key')}`,
      setting('passphraseFile'),
      environment.CREDENTIALS_DIRECTORY,
    ),
    tls,
    wrappingKeyBits: oneOf('wrapping-key-bits', setting('wrappingKeyBits') ?? '2048', { 2048: 2048, 3072: 3072, 4096: 4096 }),
    importTokenMs: whole('import-token-hours', setting('importTokenHours') ?? '24', 1, 168) * 3_600_000,
    authTokenMs: whole('auth-token-hours', setting('authTokenHours') ?? '24', 1, 168) * 3_600_000,
    sessionIdleMs: whole('session-idle-minutes', setting('sessionIdleMinutes') ?? '15', 1, 1440) * 60_000,
    sessionMs: whole('session-hours', setting('sessionHours') ?? '8', 1, 168) * 3_600_000,
    publicUrl: readPublicUrl(setting('publicUrl')),
    materialChecks: oneOf('material-checks', setting('materialChecks') ?? 'refuse', { refuse: 'refuse', warn: 'warn' } as const),
    drillDays: whole('drill-days', setting('drillDays') ?? '90', 1, 3650),
    maxKeysPerProject: whole('max-keys', setting('maxKeys') ?? '1000000', 1, 100_000_000),
    missedDeletionWaitMs: whole('missed-deletion-wait', setting('missedDeletionWait') ?? '3600', 0, 31_536_000) * 1000,
  })
}

/** More than one thread takes a port that the kernel shares out among listeners, which only Linux does evenly. */
function defaultWorkers(): string {
  const cores = availableParallelism()
  return String(cores < 4 || process.platform !== 'linux' ? 1 : Math.min(8, Math.floor(cores / 2)))
}

function address(text: string): { host: string; port: number } {
  const [, ipv6, name, port] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = ipv6 ?? name
  if (host === undefined || Number(port) > 65_535)
    throw new ConfigError('--listen is HOST:PORT, such as 127.0.0.1:8320 or [::1]:8320')
  return { host, port: Number(port) }
}

/** A URL with a password is taken from a file only: flags and environment can be read by others. */
function readDatabaseUrl(url: string | undefined, file: string | undefined): string | undefined {
  if (url !== undefined && file !== undefined) throw new ConfigError('give --database-url or --database-url-file, not both')
  const text = file === undefined ? url : readNamed('--database-url-file', file).toString().trim()
  if (text === undefined) return undefined
  let parsed: URL
  try {
    parsed = new URL(text)
  } catch (error) {
    throw new ConfigError('the database URL is such as postgres://kms@db.example.com/kms', { cause: error })
  }
  if (!['postgres:', 'postgresql:'].includes(parsed.protocol)) throw new ConfigError('the database URL begins with postgres://')
  if (url !== undefined && parsed.password !== '')
    throw new ConfigError(
      'the database URL holds a password, which flags and environment would show: put it into a file, --database-url-file',
    )
  return text
}

function readPublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (!/^https?:\/\/[A-Za-z0-9.[\]:-]+$/.test(text))
    throw new ConfigError('--public-url is such as https://kms.example.com, without a path')
  return text
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function readTls(cert: string | undefined, key: string | undefined): Config['tls'] {
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) throw new ConfigError('--tls-cert and --tls-key go together')
  return { cert: readNamed('--tls-cert', cert), key: readNamed('--tls-key', key) }
}

function readNamed(flag: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new ConfigError(`${flag}: ${(error as Error).message}`, { cause: error })
  }
}

function readRoot(spec: string, passphraseFile: string | undefined, credentials: string | undefined): RootSpec {
  if (spec.startsWith('file:') && spec.length > 5) return { kind: 'file', path: resolve(spec.slice(5)) }
  if (spec === 'passphrase') {
    const file = passphraseFile ?? (credentials && join(credentials, 'holdfast-passphrase'))
    return { kind: 'passphrase', file }
  }
  throw new ConfigError('--root is file:PATH or passphrase')
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new ConfigError(`--${name} is a whole number from ${min} to ${max}`)
  return value
}

function matching(name: string, text: string, pattern: RegExp, what: string): string {
  if (!pattern.test(text)) throw new ConfigError(`--${name} consists of ${what}`)
  return text
}

function oneOf<T>(name: string, text: string, choices: Readonly<Record<string, T>>): T {
  if (!Object.hasOwn(choices, text)) throw new ConfigError(`--${name} is one of: ${Object.keys(choices).join(', ')}`)
  return choices[text] as T
}
