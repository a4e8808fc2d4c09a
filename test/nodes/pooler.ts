/** PgBouncer between nodes and their database. */
import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../e2e/until.ts'
import { freePort } from '../fakes/free-port.ts'
import { Sql } from '../fakes/postgres.ts'
import { tool } from '../tools.ts'
import { asUnprivileged, type DatabaseHost, privateFolder } from './database-host.ts'

/** What a connection of a node keeps: a server process, or one only during a transaction. */
export type PoolMode = 'session' | 'transaction'

export class Pooler {
  readonly url: string
  readonly #folder: string
  readonly #child: ChildProcess

  private constructor(folder: string, port: number, child: ChildProcess) {
    this.#folder = folder
    this.#child = child
    this.url = `postgres://kms@127.0.0.1:${port}/kms`
  }

  static async start(host: DatabaseHost, mode: PoolMode): Promise<Pooler> {
    const folder = privateFolder()
    const port = await freePort()
    const settings = join(folder, 'pgbouncer.ini')
    const users = join(folder, 'users.txt')
    writeFileSync(users, '"kms" ""\n')
    writeFileSync(
      settings,
      `[databases]
kms = host=127.0.0.1 port=${host.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${mode === 'session' ? 60 : 15}
`,
    )
    const [command, args] = asUnprivileged(tool('pgbouncer'), ['-q', settings])
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-4000)
    })
    const pooler = new Pooler(folder, port, child)
    try {
      await until(() => isReached(pooler.url) || child.exitCode !== null, 10_000)
      if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${said}`)
      return pooler
    } catch (error) {
      await pooler[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve))
      this.#child.kill('SIGKILL')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

async function isReached(url: string): Promise<boolean> {
  const sql = new Sql(url)
  try {
    await sql.rows('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await sql.end()
  }
}
