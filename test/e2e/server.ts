/** Starts real servers on free ports of the loopback address and ends exactly those. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import nodeFlags from '../../bin/node-flags.json' with { type: 'json' }
import { unpacked } from '../../src/audit/leaf-groups.ts'
import { createDatabase, Sql } from '../fakes/postgres.ts'
import { HuaweiClient, readCredentials } from './client.ts'
import { besidesLog, type LogLine, logIn } from './service-log.ts'
import { until } from './until.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const compileCache = { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compile` }

export type ServerOptions = {
  readonly data?: string
  readonly flags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Starts through the tests' own entry point, with these hooks. */
  readonly hooks?: { readonly module: string; readonly data: unknown }
  /** A command that runs the server, such as strace with its arguments. */
  readonly under?: readonly string[]
}

export class TestServer {
  readonly data: string
  readonly url: string
  readonly process: ChildProcess
  readonly #output: string[]
  readonly #errors: string[]

  private constructor(parts: {
    data: string
    url: string
    process: ChildProcess
    output: string[]
    errors: string[]
  }) {
    this.data = parts.data
    this.url = parts.url
    this.process = parts.process
    this.#output = parts.output
    this.#errors = parts.errors
  }

  /**
   * @throws Error with what the process said besides its log when it ends before it is ready, and
   * with all of it as the cause.
   */
  static async start({
    data = newFolder(),
    flags = [],
    environment = {},
    hooks,
    under = [],
  }: ServerOptions = {}): Promise<TestServer> {
    const entry =
      hooks === undefined
        ? ['src/main.ts', 'server']
        : ['test/fakes/server.ts', JSON.stringify(hooks), 'server']
    const store = await storeFlags(data, flags)
    // A flag is passed once.
    const listen = flags.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
    const node = [
      process.execPath,
      ...nodeFlags,
      ...entry,
      '--data',
      data,
      ...listen,
      ...store,
      ...flags,
    ]
    const [command, ...args] = [...under, ...node]
    const child = spawn(command as string, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...compileCache, ...environment },
    })
    const output: string[] = []
    const errors: string[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      output.push(chunk.toString())
      errors.push(chunk.toString())
    })
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', () => {
        const ready = /holdfast ready on (\S+)/.exec(output.join(''))?.[1]
        if (ready !== undefined) resolve(ready)
      })
      child.on('exit', (code, signal) => {
        const all = output.join('')
        const said = `the server ended with ${code ?? signal}: ${besidesLog(all)}`
        reject(new Error(said, { cause: all }))
      })
      child.on('error', reject)
    })
    return new TestServer({ data, url, process: child, output, errors })
  }

  /** Reads its store without the server. */
  async select(sql: string): Promise<Record<string, unknown>[]> {
    const url = databases.get(this.data)
    if (url !== undefined) {
      const client = new Sql(url)
      const rows = await client.rows(sql)
      await client.end()
      return rows
    }
    const db = new DatabaseSync(join(this.data, 'holdfast.db'), { readOnly: true })
    const rows = db.prepare(sql).all()
    db.close()
    return rows
  }

  /** The leaves of all records that its store has, in the order of their log. */
  async leaves(): Promise<Buffer[]> {
    const groups = await this.select(
      "SELECT * FROM log_groups WHERE log <> 'tree' ORDER BY log, first_index",
    )
    return groups.flatMap(({ log, first_index, count, leaves }) => {
      const place = { log: String(log), firstIndex: Number(first_index), count: Number(count) }
      return unpacked({ ...place, leaves: leaves as Uint8Array }).map(({ leaf }) =>
        Buffer.from(leaf),
      )
    })
  }

  /** Flags of a command that works on the same store. */
  get storeFlags(): string[] {
    const url = databases.get(this.data)
    return ['--data', this.data, ...(url === undefined ? [] : ['--database-url', url])]
  }

  /** Everything it has printed. */
  get output(): string {
    return this.#output.join('')
  }

  /** The lines of its log. */
  get log(): readonly LogLine[] {
    return logIn(this.#errors.join(''))
  }

  /** The first line of its log with that event. @throws Error when none comes. */
  async logged(event: string, limitMs = 10_000): Promise<LogLine> {
    const find = (): LogLine | undefined => this.log.find((line) => line.event === event)
    await until(() => find() !== undefined, limitMs)
    return find() as LogLine
  }

  /** Where its metrics are. */
  async metricsUrl(): Promise<string> {
    return String((await this.logged('service-ready')).metrics)
  }

  /** Runs a command of `holdfast` on the same store. @throws Error when it fails. */
  holdfast(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    const command = [...nodeFlags, join(root, 'src/main.ts'), ...args, ...this.storeFlags]
    return promisify(execFile)(process.execPath, command, {
      cwd: root,
      env: { ...process.env, ...compileCache },
    })
  }

  client(connections?: number): HuaweiClient {
    return new HuaweiClient(
      this.url,
      readCredentials(join(this.data, 'bootstrap.json')),
      connections,
    )
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  ended(): Promise<number | string | null> {
    if (this.hasEnded) return Promise.resolve(this.process.exitCode ?? this.process.signalCode)
    return new Promise((resolve) =>
      this.process.once('exit', (code, signal) => resolve(code ?? signal)),
    )
  }

  signal(signal: NodeJS.Signals): Promise<number | string | null> {
    const ended = this.ended()
    this.process.kill(signal)
    return ended
  }

  /** Orderly stop. @returns the exit code. */
  stop(): Promise<number | string | null> {
    return this.signal('SIGTERM')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.hasEnded) await this.signal('SIGKILL')
    rmSync(this.data, { recursive: true, force: true })
  }
}

/** Database of each data folder, while the tests run over PostgreSQL. */
const databases = new Map<string, string>()

/**
 * HOLDFAST_TEST_DATABASE names a PostgreSQL server: then every data folder has a database of its
 * own on it.
 */
async function storeFlags(data: string, flags: readonly string[]): Promise<string[]> {
  const server = process.env.HOLDFAST_TEST_DATABASE
  if (server === undefined || flags.includes('--database-url')) return []
  const url = databases.get(data) ?? (await createDatabase(server))
  databases.set(data, url)
  return ['--database-url', url]
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-test-'))
}
