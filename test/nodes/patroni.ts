/**
 * Two PostgreSQL servers that Patroni keeps as a primary and a synchronous standby. It agrees over
 * etcd which one is the primary, and replaces it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../e2e/until.ts'
import { freePort } from '../fakes/free-port.ts'
import { Sql } from '../fakes/postgres.ts'
import { tool } from '../tools.ts'
import { asUnprivileged, privateFolder, programFolder, signalServer } from './database-host.ts'

/** The leader's place is free this many seconds after it was last confirmed: the least allowed. */
const leaseSeconds = 20
/** A failover, and the return of the other server as a standby. */
const patienceMs = 120_000

/** One server, and the process that watches over it. */
class Member {
  readonly name: string
  readonly port: number
  readonly rest: number
  readonly #folder: string
  #child: ChildProcess | undefined

  constructor(name: string, folder: string, [port, rest]: readonly [number, number]) {
    this.name = name
    this.#folder = folder
    this.port = port
    this.rest = rest
  }

  start(etcd: number): void {
    const settings = join(this.#folder, `${this.name}.yml`)
    writeFileSync(settings, JSON.stringify(this.#settings(etcd)))
    const [command, args] = asUnprivileged(tool('patroni'), [settings])
    this.#child = spawn(command, args, { stdio: 'ignore', cwd: this.#folder })
  }

  /** To Patroni and to its server with all processes. */
  signal(signal: NodeJS.Signals): void {
    if (this.#isRunning) this.#child?.kill(signal)
    const pid = this.#serverPid
    if (pid !== undefined) signalServer(pid, signal)
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child?.once('exit', resolve))
    const isRunning = this.#isRunning
    this.signal('SIGKILL')
    if (isRunning) await ended
  }

  get #isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** A server that was killed leaves its file behind: the process has to be one of these data. */
  get #serverPid(): number | undefined {
    const file = join(this.#data, 'postmaster.pid')
    if (!existsSync(file)) return undefined
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
    const line = `/proc/${pid}/cmdline`
    return existsSync(line) && readFileSync(line, 'utf8').includes(this.#data) ? pid : undefined
  }

  get #data(): string {
    return join(this.#folder, this.name)
  }

  #settings(etcd: number): object {
    const here = (port: number): object => ({
      listen: `127.0.0.1:${port}`,
      connect_address: `127.0.0.1:${port}`,
    })
    return {
      scope: 'holdfast',
      name: this.name,
      restapi: here(this.rest),
      etcd3: { host: `127.0.0.1:${etcd}` },
      bootstrap: {
        dcs: {
          ttl: leaseSeconds,
          loop_wait: 2,
          retry_timeout: 5,
          synchronous_mode: true,
          postgresql: { use_pg_rewind: true },
        },
        initdb: [{ encoding: 'UTF8' }, { auth: 'trust' }],
        pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
      },
      postgresql: {
        ...here(this.port),
        data_dir: this.#data,
        bin_dir: programFolder(),
        pgpass: join(this.#folder, `${this.name}.pgpass`),
        parameters: { unix_socket_directories: this.#folder },
        authentication: {
          superuser: { username: 'holdfast' },
          replication: { username: 'replicator' },
        },
        remove_data_directory_on_rewind_failure: true,
        remove_data_directory_on_diverged_timelines: true,
      },
    }
  }
}

type Shown = { readonly name: string; readonly role: string; readonly state: string }

export class Patroni {
  readonly members: readonly Member[]
  readonly #folder: string
  readonly #etcdPort: number
  #etcd: ChildProcess | undefined

  private constructor(folder: string, ports: readonly number[]) {
    const [etcd = 0, ...rest] = ports
    this.#folder = folder
    this.#etcdPort = etcd
    this.members = ['one', 'two'].map(
      (name, i) => new Member(name, folder, [rest[i * 2] as number, rest[i * 2 + 1] as number]),
    )
  }

  /** Both servers run, and the primary waits for the standby. */
  static async start(): Promise<Patroni> {
    const ports: number[] = []
    while (ports.length < 6) ports.push(await freePort())
    const [peers = 0, ...others] = ports
    const patroni = new Patroni(privateFolder(), others)
    try {
      patroni.#startEtcd(peers)
      for (const member of patroni.members) member.start(patroni.#etcdPort)
      await patroni.complete()
      const sql = new Sql(await patroni.url('holdfast', 'postgres'))
      await sql.rows('CREATE ROLE kms LOGIN')
      await sql.rows('CREATE DATABASE kms OWNER kms')
      await sql.end()
      return patroni
    } catch (error) {
      await patroni[Symbol.asyncDispose]()
      throw error
    }
  }

  /** URL with both servers. */
  get bothUrl(): string {
    return `postgres://kms@${this.members.map(({ port }) => `127.0.0.1:${port}`).join(',')}/kms`
  }

  /** URL of the primary. */
  async url(user = 'kms', database = 'kms'): Promise<string> {
    const { port } = await this.leader()
    return `postgres://${user}@127.0.0.1:${port}/${database}`
  }

  /** The member that is the primary, other than one that was. */
  async leader(other?: Member): Promise<Member> {
    let found: Member | undefined
    await until(async () => {
      const shown = (await this.#shown()).find(({ role }) => role === 'leader')
      const member = this.members.find(({ name }) => name === shown?.name)
      if (member === undefined || member === other || !(await isPrimary(member))) return false
      found = member
      return true
    }, patienceMs)
    return found as Member
  }

  /** Waits until there is a primary and a standby that it waits for. */
  async complete(): Promise<void> {
    await until(async () => {
      const shown = await this.#shown()
      return ['leader', 'sync_standby'].every((role) => shown.some((one) => one.role === role))
    }, patienceMs)
    await this.leader()
  }

  /** The standby and the primary change places, on request. */
  async switchOver(): Promise<void> {
    const leader = await this.leader()
    const candidate = this.members.find((one) => one !== leader)?.name
    const answer = await fetch(`http://127.0.0.1:${leader.rest}/switchover`, {
      method: 'POST',
      body: JSON.stringify({ leader: leader.name, candidate }),
    })
    const said = await answer.text()
    if (answer.status !== 200) throw new Error(`switchover: ${answer.status} ${said}`)
    await this.leader(leader)
  }

  /** Starts a member again that was ended. */
  restart(member: Member): void {
    member.start(this.#etcdPort)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.end()))
    if (this.#etcd?.exitCode === null && this.#etcd.signalCode === null) {
      const ended = new Promise((resolve) => this.#etcd?.once('exit', resolve))
      this.#etcd.kill('SIGKILL')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #startEtcd(peers: number): void {
    const here = (port: number): string => `http://127.0.0.1:${port}`
    const [command, args] = asUnprivileged(tool('etcd'), [
      ...['--data-dir', join(this.#folder, 'etcd')],
      ...['--listen-client-urls', here(this.#etcdPort)],
      ...['--advertise-client-urls', here(this.#etcdPort)],
      ...['--listen-peer-urls', here(peers), '--initial-advertise-peer-urls', here(peers)],
      ...['--initial-cluster', `default=${here(peers)}`],
    ])
    this.#etcd = spawn(command, args, { stdio: 'ignore', cwd: this.#folder })
  }

  /** What a member that answers says about all. */
  async #shown(): Promise<readonly Shown[]> {
    for (const { rest } of this.members)
      try {
        const signal = AbortSignal.timeout(1000)
        const answer = await fetch(`http://127.0.0.1:${rest}/cluster`, { signal })
        return ((await answer.json()) as { members: Shown[] }).members
      } catch {
        // It is not there now, or frozen.
      }
    return []
  }
}

async function isPrimary({ rest }: Member): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(1000)
    return (await fetch(`http://127.0.0.1:${rest}/primary`, { signal })).status === 200
  } catch {
    return false
  }
}
