// Makes `npm start` and `npm test` work on a fresh clone: installs exactly what the lockfile names,
// once, then runs the script. With --console the web console is built first, once for each state of
// its sources; where it is built already, the packages to build and test it are not installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { consoleIsBuilt } from './console-state.js'
import { findNode, installedNode, launch } from './launch.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const marker = `${root}node_modules/.holdfast-installed`
const digests = JSON.parse(readFileSync(new URL('./node-digests.json', import.meta.url), 'utf8'))

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

/** The state of node_modules that this checkout needs. */
const everything = sha256(`${root}package-lock.json`)
/** The same without development dependencies. */
const production = `${everything} production`

function isInstalled(states) {
  return (
    findNode() !== undefined && existsSync(marker) && states.includes(readFileSync(marker, 'utf8'))
  )
}

function install(state) {
  process.stderr.write('holdfast: installing what package-lock.json names (once) ...\n')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  if (state === production) args.push('--omit=dev')
  const done = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, {
        cwd: root,
        stdio: ['ignore', 2, 2],
        shell: process.platform === 'win32',
      })
  if (done.status !== 0) {
    process.stderr.write('holdfast: npm ci failed; the lines above say why.\n')
    process.exit(1)
  }
  checkNode()
  writeFileSync(marker, state)
}

/**
 * Nothing starts unless Node, the program that does all cryptography, has the digest that the
 * repository records.
 */
function checkNode() {
  const node = installedNode()
  if (node === undefined) return
  const [found, expected] = [sha256(node.path), digests.sha256[node.name]]
  if (found === expected) return
  process.stderr.write(
    `holdfast: ${node.path} is not the Node.js ${digests.version} that bin/node-digests.json names.\n` +
      `Its SHA-256 is ${found}, not ${expected}. Do not run it: remove node_modules, and find out where it came from.\n`,
  )
  process.exit(1)
}

const [first, ...rest] = process.argv.slice(2)
const withConsole = first === '--console'
const [script, ...args] = withConsole ? rest : [first, ...rest]

const needsTools = !withConsole || !script.startsWith('src/') || !consoleIsBuilt()
if (!isInstalled(needsTools ? [everything] : [everything, production]))
  install(needsTools ? everything : production)

if (withConsole) {
  const built = spawnSync(findNode() ?? process.execPath, [`${root}console/build.ts`], {
    stdio: ['ignore', 2, 2],
  })
  if (built.status !== 0) {
    process.stderr.write('holdfast: the console could not be built; the lines above say why.\n')
    process.exit(1)
  }
}
launch(script, args)
