/**
 * A PostgreSQL server that can be treated badly: stopped, frozen and killed with all its processes,
 * started again, copied to a standby, promoted. It runs in a folder of its own, on the loopback
 * address.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../e2e/until.ts'
import { freePort } from '../fakes/free-port.ts'
import { Sql, unprivileged, withoutPostgres } from '../fakes/postgres.ts'
import { tool } from '../tools.ts'

/** Why these tests are left out, or false: the processes of a server are found in /proc. */
export const withoutHosts =
  process.platform === 'linux' ? withoutPostgres : 'the processes of a server are found on Linux'

const standbyName = 'standby'

/** Name of connections that are not those of a node, with the role of the nodes. */
export const otherName = 'other'
export const terminateNodes = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kms' AND application_name <> '${otherName}'`

export class DatabaseHost {
  readonly port: number
  readonly #folder: string
  #child: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.port = port
  }

  /** A new server with the role `kms`, which owns the database `kms`. */
  static start(settings: readonly string[] = []): Promise<DatabaseHost> {
    return DatabaseHost.#made(async (host) => {
      host.#run('initdb', '-D', host.#data, '-U', 'holdfast', '--auth=trust', '-E', 'UTF8')
      appendFileSync(join(host.#data, 'postgresql.conf'), `\n${settings.join('\n')}\n`)
      await host.restart()
      await host.sql('CREATE ROLE kms LOGIN')
      await host.sql('CREATE DATABASE kms OWNER kms')
    })
  }

  /** A standby of this server, which from then on waits for it at each commit. */
  standby(): Promise<DatabaseHost> {
    return DatabaseHost.#made(async (standby) => {
      const from = `host=127.0.0.1 port=${this.port} user=holdfast application_name=${standbyName}`
      standby.#run('pg_basebackup', '-D', standby.#data, '-R', '-c', 'fast', '-d', from)
      // Once it is promoted, it has no standby to wait for.
      const own = join(standby.#data, 'postgresql.auto.conf')
      appendFileSync(own, "synchronous_standby_names = ''\n")
      await standby.restart()
      await this.set('synchronous_standby_names', standbyName)
      const isSynchronous = async (): Promise<boolean> => {
        const [found] = await this.sql('SELECT sync_state FROM pg_stat_replication')
        return found?.sync_state === 'sync'
      }
      await until(isSynchronous, 20_000)
    })
  }

  /** Nothing is left of a server that could not be made. */
  static async #made(make: (host: DatabaseHost) => Promise<void>): Promise<DatabaseHost> {
    const host = new DatabaseHost(privateFolder(), await freePort())
    try {
      await make(host)
      return host
    } catch (error) {
      await host[Symbol.asyncDispose]()
      throw error
    }
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** URL of the database of the nodes. */
  get url(): string {
    return `postgres://kms@${this.address}/kms`
  }

  superuserUrl(database = 'postgres'): string {
    return `postgres://holdfast@${this.address}/${database}`
  }

  /** Rows of a statement, as a superuser, on a connection of its own. */
  async sql(text: string, database = 'kms'): Promise<Record<string, unknown>[]> {
    const name = text.startsWith('CREATE') ? 'postgres' : database
    const client = new Sql(this.superuserUrl(name))
    try {
      return await client.rows(text)
    } finally {
      await client.end()
    }
  }

  /** Changes a setting for all sessions, those that exist included; undefined for its default. */
  async set(name: string, value: string | undefined): Promise<void> {
    const change = value === undefined ? `RESET ${name}` : `SET ${name} = '${value}'`
    const client = new Sql(this.superuserUrl())
    try {
      await client.rows('SET default_transaction_read_only = off')
      await client.rows(`ALTER SYSTEM ${change}`)
      await client.rows('SELECT pg_reload_conf()')
    } finally {
      await client.end()
    }
  }

  /** Ends the server processes of all connections of the nodes, by way of a pooler or not. */
  async terminateAll(): Promise<void> {
    await this.sql(terminateNodes)
  }

  /** Starts it on the data that it has. */
  async restart(): Promise<void> {
    const [command, args] = this.#command(
      'postgres',
      ...['-D', this.#data, '-p', String(this.port), '-k', this.#folder, '-h', '127.0.0.1'],
    )
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-4000)
    })
    this.#child = child
    for (let tries = 0; ; tries++) {
      try {
        await this.sql('SELECT 1', 'postgres')
        return
      } catch (error) {
        if (tries > 300 || child.exitCode !== null)
          throw new Error(`PostgreSQL did not start: ${said}`, { cause: error })
        await sleep(100)
      }
    }
  }

  /** Ends it at once, without a checkpoint, as `pg_ctl stop -m immediate` does. */
  async stopImmediately(): Promise<void> {
    await this.#end(() => this.#child?.kill('SIGQUIT'))
  }

  /** SIGKILL to all its processes: what a power cut leaves. */
  async kill(): Promise<void> {
    await this.#end(() => this.#signalAll('SIGKILL'))
  }

  /** None of its processes runs until `thaw`. */
  freeze(): void {
    this.#signalAll('SIGSTOP')
  }

  thaw(): void {
    this.#signalAll('SIGCONT')
  }

  /** Makes a primary of a standby. */
  async promote(): Promise<void> {
    this.#run('pg_ctl', 'promote', '-w', '-D', this.#data)
  }

  /** Ends it, also when it is frozen, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  async #end(how: () => void): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    how()
    await ended
  }

  #signalAll(signal: NodeJS.Signals): void {
    const child = this.#child
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    signalServer(child.pid, signal)
  }

  #command(name: string, ...args: string[]): [string, string[]] {
    return asUnprivileged(join(programFolder(), name), args)
  }

  #run(name: string, ...args: string[]): void {
    const [command, rest] = this.#command(name, ...args)
    execFileSync(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.#folder })
  }
}

/** A folder of the user that servers run as. */
export function privateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-nodes-'))
  const user = unprivileged()
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  return folder
}

/** PostgreSQL and its poolers refuse to run as root. */
export function asUnprivileged(path: string, args: readonly string[]): [string, string[]] {
  const user = unprivileged()
  if (user === undefined) return [path, [...args]]
  const drop = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  return ['setpriv', [...drop, path, ...args]]
}

/**
 * Signals a PostgreSQL server with all its processes. The first one is stopped before the others
 * are listed, so that no new one is missed.
 */
export function signalServer(pid: number, signal: NodeJS.Signals): void {
  signalled(pid, 'SIGSTOP')
  for (const child of childrenOf(pid)) signalled(child, signal)
  signalled(pid, signal)
}

/** Folder of the programs of PostgreSQL; PATH may hold only some of them. */
export function programFolder(): string {
  return dirname(realpathSync(tool('initdb')))
}

function childrenOf(pid: number): number[] {
  const listed = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(listed)) return []
  return readFileSync(listed, 'utf8').split(' ').filter(Boolean).map(Number)
}

function signalled(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself.
  }
}
