/**
 * Fetches and builds the clients of other languages for test/e2e/api/clients.test.ts, in exactly
 * the versions of requirements.txt, go.sum and checksums.txt:
 *
 *     npm run clients [-- python go sops java]
 *
 * Tests use nothing but loopback; this step before them uses the package registries that the
 * machine is configured for. What is already there stays. A client that is not available is left
 * out, with the reason, and fails nothing.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { all, type Client, folder, noteOf, stateOf } from './prepared.ts'

const sources = fileURLToPath(new URL('.', import.meta.url))
/** A registry that hangs must not hold up a run. */
const timeoutMs = 8 * 60_000

/** @throws Error with the last line that the command printed, when it fails. */
function run(
  command: string,
  args: readonly string[],
  cwd = sources,
  environment: Record<string, string> = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment }
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: timeoutMs,
    })
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new Error(`${command} is not installed`) : error)
    })
    child.on('close', (code, signal) => {
      if (code === 0) return resolve()
      const lastLine = signal === null && said.trim().split('\n').at(-1)
      reject(new Error(`${command} ${args[0]}: ${lastLine || `it ended with ${signal ?? code}`}`))
    })
  })
}

/**
 * Without optimizations, which take a third of the build time. Only the installed Go is used: it
 * fetches no other.
 */
function goBuild(...packages: string[]): Promise<void> {
  const args = [
    'build',
    '-trimpath',
    '-buildvcs=false',
    '-gcflags=all=-N -l',
    '-ldflags=-s -w',
    '-o',
    `${folder}bin/`,
    ...packages,
  ]
  return run('go', args, `${sources}go`, { GOTOOLCHAIN: 'local', CGO_ENABLED: '0' })
}

/**
 * Maven has no lockfile: so every archive is checked against its digest, and no others are
 * accepted.
 * @throws Error.
 */
function checkArchives(lib: string): void {
  const found = readdirSync(lib)
    .toSorted()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(lib + name))
          .digest('hex')}  ${name}\n`,
    )
  if (found.join('') !== readFileSync(`${sources}java/checksums.txt`, 'utf8'))
    throw new Error('what Maven fetched does not match java/checksums.txt')
}

const steps: Readonly<Record<Client, () => Promise<void>>> = {
  python: async () => {
    rmSync(`${folder}python`, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', `${folder}python`])
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--require-hashes',
      '-r',
      'python/requirements.txt',
    ]
    await run(`${folder}python/bin/python`, pip)
  },
  go: () => goBuild('./...'),
  sops: () => goBuild('github.com/getsops/sops/v3/cmd/sops'),
  java: async () => {
    const lib = `${folder}java/lib/`
    rmSync(`${folder}java`, { recursive: true, force: true })
    const copy = [
      'dependency:copy-dependencies',
      `-DoutputDirectory=${lib}`,
      '-DincludeScope=runtime',
    ]
    await run('mvn', ['--quiet', '--batch-mode', '--file', 'java/pom.xml', ...copy])
    checkArchives(lib)
    const programs = globSync('java/*.java', { cwd: sources })
    await run('javac', [
      '-encoding',
      'UTF-8',
      '-cp',
      `${lib}*`,
      '-d',
      `${folder}java/classes`,
      ...programs,
    ])
  },
}

async function prepare(client: Client): Promise<void> {
  const state = stateOf(client)
  const note = noteOf(client)
  if (note?.state === state && note.missing === undefined) return
  const startedAt = performance.now()
  const missing = await steps[client]().then(
    () => undefined,
    (error: Error) => `the ${client} client is not available: ${error.message}`,
  )
  writeFileSync(`${folder}${client}.json`, JSON.stringify({ state, missing }))
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(`clients: ${missing ?? `${client} is ready`} (${seconds} s)`)
}

const named = process.argv.slice(2)
const unknown = named.find((name) => !all.some((client) => client === name))
if (unknown !== undefined) {
  console.error(`clients: unknown client ${unknown}; known are ${all.join(', ')}`)
  process.exit(2)
}
const wanted = named.length === 0 ? all : all.filter((client) => named.includes(client))
mkdirSync(folder, { recursive: true })
/**
 * These mostly wait for their registries, so they run while Go builds; within each group one after
 * the other, because each build takes all cores.
 */
const waiting: readonly Client[] = ['python', 'java']
async function inTurn(clients: readonly Client[]): Promise<void> {
  for (const client of clients) await prepare(client)
}
await Promise.all([
  inTurn(wanted.filter((client) => !waiting.includes(client))),
  inTurn(wanted.filter((client) => waiting.includes(client))),
])
