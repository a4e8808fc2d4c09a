/** Runs everything that must hold before a change lands: types, lint, all tests; ends with a count and what was left out. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true })
let failedChecks = 0

function check(name: string, script: string, args: string[]): void {
  const startedAt = performance.now()
  const done = spawnSync(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (done.status === 0) return console.log(`✔ ${name} (${seconds} s)`)
  failedChecks++
  console.log(`✖ ${name} (${seconds} s)\n${done.stdout}${done.stderr}`)
}

check('types: tsc', 'node_modules/typescript/bin/tsc', ['-p', '.'])
check('format and lint: biome', 'node_modules/@biomejs/biome/bin/biome', ['check', '.'])

let passed = 0
let failed = failedChecks
const leftOut: string[] = []

/** Test files in a process each; `concurrency` files at a time. */
async function runFiles(files: string[], concurrency: number): Promise<void> {
  if (files.length === 0) return
  const stream = run({
    files,
    concurrency,
    isolation: 'process',
    timeout: 15 * 60_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  stream.on('test:pass', (event) => {
    if (event.skip !== undefined) leftOut.push(`${event.name}: ${event.skip === true ? 'no reason given' : event.skip}`)
    else if (event.details.type !== 'suite') passed++
  })
  stream.on('test:fail', (event) => {
    if (event.details.type !== 'suite') failed++
  })
  const report = stream.compose(new spec())
  for await (const chunk of report) process.stdout.write(chunk as string)
}

if (values.only !== 'checks') {
  const chosen = positionals.length > 0 ? positionals.flatMap((pattern) => globSync(pattern)) : globSync('test/**/*.test.ts')
  const files = chosen.sort()
  // Crash and stress tests load both cores by themselves, so they follow the quick ones, one file at a time.
  const heavy = files.filter((file) => file.startsWith('test/crash/'))
  await runFiles(
    files.filter((file) => !heavy.includes(file)),
    2,
  )
  await runFiles(heavy, 1)
}

for (const line of leftOut) console.log(`left out: ${line}`)
console.log(`${passed} passed, ${failed} failed, ${leftOut.length} skipped`)
process.exitCode = failed > 0 ? 1 : 0
