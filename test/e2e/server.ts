/** Starts real servers on free ports of the loopback address and ends exactly those. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HuaweiClient, readCredentials } from './client.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const compileCache = { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compile` }
const hardening = ['--disable-sigusr1', '--disable-proto=delete', '--disable-warning=ExperimentalWarning']

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

  private constructor(parts: { data: string; url: string; process: ChildProcess; output: string[] }) {
    this.data = parts.data
    this.url = parts.url
    this.process = parts.process
    this.#output = parts.output
  }

  /** @throws Error with what the process said when it ends before it is ready. */
  static async start({
    data = newFolder(),
    flags = [],
    environment = {},
    hooks,
    under = [],
  }: ServerOptions = {}): Promise<TestServer> {
    const entry = hooks === undefined ? ['src/main.ts', 'server'] : ['test/fakes/server.ts', JSON.stringify(hooks), 'server']
    const node = [process.execPath, ...hardening, ...entry, '--data', data, '--listen', '127.0.0.1:0', ...flags]
    const [command, ...args] = [...under, ...node]
    const child = spawn(command as string, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...compileCache, ...environment },
    })
    const output: string[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', () => {
        const ready = /holdfast ready on (\S+)/.exec(output.join(''))?.[1]
        if (ready !== undefined) resolve(ready)
      })
      child.on('exit', (code, signal) => reject(new Error(`the server ended with ${code ?? signal}: ${output.join('')}`)))
      child.on('error', reject)
    })
    return new TestServer({ data, url, process: child, output })
  }

  /** Everything it has printed. */
  get output(): string {
    return this.#output.join('')
  }

  client(connections?: number): HuaweiClient {
    return new HuaweiClient(this.url, readCredentials(join(this.data, 'bootstrap.json')), connections)
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  ended(): Promise<number | string | null> {
    if (this.hasEnded) return Promise.resolve(this.process.exitCode ?? this.process.signalCode)
    return new Promise((resolve) => this.process.once('exit', (code, signal) => resolve(code ?? signal)))
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

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-test-'))
}
