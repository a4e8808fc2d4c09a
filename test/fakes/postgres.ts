/**
 * A PostgreSQL server for the tests, in a folder of its own, on the loopback address; and databases
 * in it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { parserOf } from '../../src/store/postgres/session.ts'
import { missing, tool } from '../tools.ts'
import { freePort } from './free-port.ts'

/** Why the tests over PostgreSQL are left out, or false. */
export const withoutPostgres = missing('initdb')

export class PostgresServer {
  readonly #folder: string
  readonly #child: ChildProcess
  readonly port: number

  private constructor(folder: string, child: ChildProcess, port: number) {
    this.#folder = folder
    this.#child = child
    this.port = port
  }

  /** @param tls paths of its certificate and key; without them it has no TLS. */
  static async start(tls?: {
    readonly cert: string
    readonly key: string
  }): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'))
    const user = unprivileged()
    if (user !== undefined) chownSync(folder, user.uid, user.gid)
    const data = join(folder, 'data')
    const drop =
      user === undefined
        ? []
        : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
    const command = (name: string, ...args: string[]): [string, string[]] => {
      const [first, ...rest] = [...drop, join(dirname(tool('initdb')), name), ...args]
      return [first as string, rest]
    }
    execFileSync(
      ...command(
        'initdb',
        '-D',
        data,
        '-U',
        'holdfast',
        '--auth=trust',
        '-E',
        'UTF8',
        '--no-locale',
      ),
      {
        stdio: 'ignore',
      },
    )
    const port = await freePort()
    const settings = [
      '-p',
      String(port),
      '-k',
      folder,
      '-h',
      '127.0.0.1',
      '-c',
      'max_connections=200',
    ]
    if (tls !== undefined) {
      for (const [name, from] of Object.entries(tls)) {
        copyFileSync(from, join(folder, name))
        chmodSync(join(folder, name), 0o600)
        if (user !== undefined) chownSync(join(folder, name), user.uid, user.gid)
      }
      settings.push(
        '-c',
        'ssl=on',
        '-c',
        `ssl_cert_file=${folder}/cert`,
        '-c',
        `ssl_key_file=${folder}/key`,
      )
    }
    const child = spawn(...command('postgres', '-D', data, ...settings), { stdio: 'ignore' })
    const server = new PostgresServer(folder, child, port)
    await server.#ready()
    return server
  }

  /** Folder of its socket. */
  get socket(): string {
    return this.#folder
  }

  url(database: string): string {
    return `postgres://holdfast@127.0.0.1:${this.port}/${database}`
  }

  /** A new, empty database. @returns its URL. */
  database(): Promise<string> {
    return createDatabase(this.url('postgres'))
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGINT')
    await ended
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #ready(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const sql = new Sql(this.url('postgres'))
      try {
        await sql.rows('SELECT 1')
        return
      } catch (error) {
        if (tries > 100) throw error
        await sleep(100)
      } finally {
        await sql.end()
      }
    }
  }
}

/** What a test asks a database by itself, on a connection of its own. */
export class Sql {
  readonly #client: pg.Client
  #connected: Promise<unknown> | undefined

  constructor(url: string) {
    this.#client = new pg.Client({ connectionString: url, types: { getTypeParser: parserOf } })
    this.#client.on('error', () => {})
  }

  /** Rows of a statement; without parameters there may be several, and the last one's count. */
  async rows(text: string, parameters?: unknown[]): Promise<Record<string, unknown>[]> {
    this.#connected ??= this.#client.connect()
    await this.#connected
    const result: pg.QueryResult | pg.QueryResult[] = await this.#client.query(text, parameters)
    return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? []
  }

  async end(): Promise<void> {
    await this.#connected?.then(() => this.#client.end()).catch(() => {})
  }
}

/** A new, empty database in the server of `url`. @returns its URL. */
export async function createDatabase(url: string): Promise<string> {
  const name = `db_${crypto.randomUUID().replaceAll('-', '')}`
  const sql = new Sql(url)
  await sql.rows(`CREATE DATABASE ${name}`)
  await sql.end()
  return url.replace(/[^/]*$/, name)
}

/** PostgreSQL refuses to run as root; Debian's package comes with a user for it. */
export function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** How many sessions of a database wait for a lock. */
export async function waitingIn(url: string): Promise<number> {
  const sql = new Sql(url)
  try {
    const [found] = await sql.rows(
      "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
    )
    return Number(found?.n)
  } finally {
    await sql.end()
  }
}
