// Makes `npm start` and `npm test` work on a fresh clone: installs exactly what the lockfile names, once, then runs the script.
// With --console the web console is built before it, once for each state of its sources.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findNode, launch } from './launch.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const marker = `${root}node_modules/.holdfast-installed`

/** The state of node_modules that this checkout asks for. */
function wanted() {
  return createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex')
}

function installed() {
  return findNode() !== undefined && existsSync(marker) && readFileSync(marker, 'utf8') === wanted()
}

if (!installed()) {
  process.stderr.write('holdfast: installing what package-lock.json names (once) ...\n')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const done = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (done.status !== 0) {
    process.stderr.write('holdfast: npm ci failed; the lines above say why.\n')
    process.exit(1)
  }
  writeFileSync(marker, wanted())
}

const [first, ...rest] = process.argv.slice(2)
const withConsole = first === '--console'
const [script, ...args] = withConsole ? rest : [first, ...rest]
if (withConsole) {
  const built = spawnSync(findNode() ?? process.execPath, [`${root}console/build.ts`], { stdio: ['ignore', 2, 2] })
  if (built.status !== 0) {
    process.stderr.write('holdfast: the console could not be built; the lines above say why.\n')
    process.exit(1)
  }
}
launch(script, args)
