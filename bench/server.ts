/**
 * Starts the processes that are measured, each on a processor of its own where the system lets one
 * choose, and ends them.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import nodeFlags from '../bin/node-flags.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))

/** Whether servers and load are kept apart: servers on the first processor, load on the others. */
export const pinned = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0

/** Moves this process, which makes the load, away from the first processor. */
export function pinLoad(): void {
  if (pinned) spawnSync('taskset', ['-apc', `1-${availableParallelism() - 1}`, String(process.pid)])
}

export type Started = {
  readonly process: ChildProcess
  readonly pid: number
  readonly port: number
}

/** Runs Node on a script and waits until its output names a port. */
async function start(args: readonly string[], pattern: RegExp, checkout = root): Promise<Started> {
  const node = [process.execPath, ...nodeFlags, ...args]
  const [command, ...rest] = pinned ? ['taskset', '-c', '0', ...node] : node
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const child = spawn(command as string, rest, { cwd: checkout, stdio: [...stdio] })
  const port = await new Promise<number>((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const found = pattern.exec(output)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
    child.on('exit', (code) => reject(new Error(`a server ended with ${code} before it was ready`)))
    child.on('error', reject)
  })
  // taskset becomes the program that it starts.
  return { process: child, pid: child.pid as number, port }
}

export function startEcho(answerBytes: number): Promise<Started> {
  return start(['bench/echo.ts', String(answerBytes)], /^(\d+)\n/)
}

export type Credentials = {
  readonly project_id: string
  readonly access_key: string
  readonly secret_key: string
}
export type Holdfast = Started & { readonly credentials: Credentials; stop(): Promise<void> }

/**
 * @param entry src/main.ts, or the entry without an audit log, which exists only for comparison.
 * @param checkout Another checkout of Holdfast with its packages installed; this one unless given.
 * @param flags More flags, such as those of a database.
 */
export async function startHoldfast(
  entry: 'src/main.ts' | 'bench/without-audit.ts',
  checkout = root,
  flags: readonly string[] = [],
): Promise<Holdfast> {
  const data = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const started = await start(
    [entry, 'server', '--data', data, '--listen', '127.0.0.1:0', '--workers', '1', ...flags],
    /ready on http:\/\/127\.0\.0\.1:(\d+)/,
    checkout,
  )
  return {
    ...started,
    credentials: JSON.parse(readFileSync(join(data, 'bootstrap.json'), 'utf8')) as Credentials,
    async stop() {
      await end(started.process)
      rmSync(data, { recursive: true, force: true })
    },
  }
}

export function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
