/**
 * Mutants by the thousand: Stryker changes each expression of crypto, access, audit, the writer and
 * the domain, and runs the tests in process that reach it. Takes hours for everything; named files
 * take minutes.
 *
 *     npm run mutants -- src/crypto/envelope.ts
 *
 * Stryker is fetched by npm when this runs: nothing else here needs it.
 */
import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'

const version = '10.0.0'
const root = fileURLToPath(new URL('../..', import.meta.url))

const packages = ['core', 'tap-runner'].map(
  (name) => `--package=@stryker-mutator/${name}@${version}`,
)
const files = process.argv.slice(2)
const chosen = files.length === 0 ? [] : ['--mutate', files.join(',')]
const run = ['--', 'stryker', 'run', 'test/mutants/stryker.json', ...chosen]
const npm = process.env.npm_execpath
if (npm === undefined) throw new Error('start this with npm run mutants')
const { status } = spawnSync(process.execPath, [npm, 'exec', '--yes', ...packages, ...run], {
  cwd: root,
  stdio: 'inherit',
  // Stryker starts `node` by its name: the one of this project.
  env: { ...process.env, PATH: `${root}node_modules/.bin${delimiter}${process.env.PATH ?? ''}` },
})
process.exitCode = status ?? 1
