/**
 * Runs what must hold before a change lands: types, lint, all tests except the deep ones. Ends with
 * a count, the time of each group and a list of what was left out. `--only checks` stops before the
 * tests, `--only quick` runs the tests that take seconds and those that use a program that a
 * machine may lack, `--only deep` runs what takes longer (test/tiers.ts), `--only nodes` runs the
 * tests of several nodes in full (test/nodes/scale.ts).
 */
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PostgresServer, withoutPostgres } from './fakes/postgres.ts'
import { type FileTime, timeLines } from './file-times.ts'
import { packagesInFewFiles } from './packages.ts'
import { tierOf } from './tiers.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' } },
  allowPositionals: true,
})
let failedChecks = 0

function check(name: string, script: string, args: string[]): void {
  const startedAt = performance.now()
  const done = spawnSync(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (done.status === 0) return console.log(`✔ ${name} (${seconds} s)`)
  failedChecks++
  console.log(`✖ ${name} (${seconds} s)\n${done.stdout}${done.stderr}`)
}

const tier = values.only ?? 'all'
if (tier === 'deep') process.env.HOLDFAST_TEST_DEEP = '1'
if (tier === 'nodes') process.env.HOLDFAST_TEST_NODES = 'full'
if (tier === 'all' || tier === 'checks') {
  check('types: tsc', 'node_modules/typescript/bin/tsc', ['-p', '.'])
  check('types of the console: tsc', 'node_modules/typescript/bin/tsc', ['-p', 'console'])
  check('format and lint: biome', 'node_modules/@biomejs/biome/bin/biome', ['check', '.'])
}
check('the console builds', 'console/build.ts', [])

let passed = 0
let failed = failedChecks
const leftOut: string[] = []
const times: FileTime[] = []

/**
 * Test files in a process each, two at a time: most of them start servers, which take a core of
 * their own.
 */
async function runFiles(files: string[], concurrency = 2): Promise<void> {
  if (files.length === 0) return
  const stream = run({
    files,
    concurrency,
    isolation: 'process',
    timeout: (tier === 'nodes' ? 60 : 15) * 60_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  stream.on('test:complete', ({ name, file, details }) => {
    // A file is complete as a test of its own, which has its path for a name.
    const path = file && relative(root, file)
    if (path !== undefined && (name === path || name === file))
      times.push({ file: path, ms: details.duration_ms })
  })
  stream.on('test:pass', (event) => {
    if (event.skip !== undefined)
      leftOut.push(`${event.name}: ${event.skip === true ? 'no reason given' : event.skip}`)
    else if (event.details.type !== 'suite') passed++
  })
  stream.on('test:fail', (event) => {
    if (event.details.type !== 'suite') failed++
  })
  const report = stream.compose(new spec())
  for await (const chunk of report) process.stdout.write(chunk as string)
}

/** The longest first, so that a run does not end with one file to wait for. */
const longest = ['test/crash/', 'test/console/', 'test/e2e/']
function byLength(a: string, b: string): number {
  const rank = (file: string): number => {
    const found = longest.findIndex((folder) => file.startsWith(folder))
    return found < 0 ? longest.length : found
  }
  return rank(a) - rank(b) || (a < b ? -1 : 1)
}

if (tier !== 'checks') {
  process.env.NODE_OPTIONS = [process.env.NODE_OPTIONS, await packagesInFewFiles()]
    .filter(Boolean)
    .join(' ')
  const ofNodes = ['test/nodes/*.test.ts', 'test/store/postgres-failures.test.ts']
  const every = tier === 'nodes' ? ofNodes : 'test/**/*.test.ts'
  const found = globSync(positionals.length > 0 ? positionals : every).toSorted(byLength)
  if (tier === 'quick') await runFiles(found.filter(takesSeconds))
  else if (tier === 'deep') await runDeep(found)
  else if (tier === 'nodes') await runFiles(found, 1)
  // A file that is named runs, whichever tier it belongs to.
  else await runFiles(positionals.length > 0 ? found : found.filter((file) => !tierOf(file).isDeep))
}

/**
 * Whether a file is among the quick ones: those that neither kill servers nor load them nor run
 * others, and those that ask for a tool.
 */
function takesSeconds(file: string): boolean {
  if (/^test\/(abuse|crash|nodes|vectors|bench|mutants)\//.test(file)) return false
  return (
    !file.startsWith('test/e2e/') ||
    /from '(\.\.\/)+(tools|fakes\/postgres)\.ts'/.test(readFileSync(file, 'utf8'))
  )
}

/** What `npm test` leaves out, and what it ran over one store and one thread count only. */
async function runDeep(chosen: readonly string[]): Promise<void> {
  const files = chosen.map((file) => ({ file, ...tierOf(file) }))
  const named = (fits: (one: (typeof files)[number]) => boolean): string[] =>
    files.filter(fits).map(({ file }) => file)
  await runFiles(named(({ isDeep, isFuller, isAlone }) => (isDeep || isFuller) && !isAlone))
  process.env.HOLDFAST_WORKERS = '2'
  await runFiles(named(({ also }) => also.includes('two-threads')))
  delete process.env.HOLDFAST_WORKERS
  await runOverPostgres(named(({ also }) => also.includes('postgresql')))
  await runFiles(
    named(({ isAlone }) => isAlone),
    1,
  )
}

async function runOverPostgres(files: string[]): Promise<void> {
  if (files.length === 0) return
  if (withoutPostgres !== false)
    return void leftOut.push(`end-to-end tests over PostgreSQL: ${withoutPostgres}`)
  const server = await PostgresServer.start()
  process.env.HOLDFAST_TEST_DATABASE = server.url('postgres')
  await runFiles(files)
  delete process.env.HOLDFAST_TEST_DATABASE
  await server.stop()
}

for (const line of timeLines(times)) console.log(line)
for (const line of leftOut) console.log(`left out: ${line}`)
console.log(`${passed} passed, ${failed} failed, ${leftOut.length} skipped`)
process.exitCode = failed > 0 ? 1 : 0
