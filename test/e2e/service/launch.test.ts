/** From any Node that a machine has to the right one: the guard, its signals and exit codes. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newFolder } from '../server.ts'

/** The Node that a user has: the one under npm, else this one. */
const oldNode = process.env.npm_node_execpath ?? process.execPath
/** Without the variables that make the starts of other tests cheaper. */
const { NODE_OPTIONS: _, ...env } = process.env

test('the server started by the guard becomes ready, stops on a signal and returns its exit code', {
  timeout: 60_000,
}, async () => {
  const data = newFolder()
  const child = spawn(
    oldNode,
    ['bin/with-setup.js', 'src/main.ts', 'server', '--data', data, '--listen', '127.0.0.1:0'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    },
  )
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk
      if (output.includes('holdfast ready on http://127.0.0.1:')) resolve()
    })
    child.on('exit', () => reject(new Error(output)))
  })
  assert.match(
    output,
    /^holdfast ready on http:\/\/127\.0\.0\.1:\d+\n$/,
    'one line, and nothing else on standard output',
  )
  const ended = new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  )
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
  rmSync(data, { recursive: true })
})

test('a wrong setting ends it with a line and exit code 2', () => {
  const { status, stderr, stdout } = spawnSync(
    oldNode,
    ['bin/holdfast.js', 'server', '--listen', 'nowhere'],
    {
      encoding: 'utf8',
      env,
    },
  )
  assert.equal(status, 2)
  assert.equal(
    stderr,
    'holdfast: --listen must be HOST:PORT, for example 127.0.0.1:8320 or [::1]:8320\n',
  )
  assert.equal(stdout, '')
})

test('--help lists every flag', () => {
  const { status, stdout } = spawnSync(oldNode, ['bin/holdfast.js', 'server', '--help'], {
    encoding: 'utf8',
    env,
  })
  assert.equal(status, 0)
  for (const flag of [
    '--data',
    '--listen',
    '--root',
    '--workers',
    '--tls-cert',
    '--material-checks',
  ])
    assert.ok(stdout.includes(flag), flag)
})

test('without a suitable Node it says what is missing', (t) => {
  if (Number(process.versions.node.split('.')[0]) >= 26 && oldNode === process.execPath)
    return t.skip('the Node of this machine is new enough')
  const folder = newFolder()
  mkdirSync(join(folder, 'bin'))
  cpSync('bin', join(folder, 'bin'), { recursive: true })
  cpSync('package.json', join(folder, 'package.json'))
  const { status, stderr } = spawnSync(oldNode, ['bin/holdfast.js', 'server'], {
    cwd: folder,
    encoding: 'utf8',
    env,
  })
  assert.equal(status, 1)
  assert.match(stderr, /Holdfast needs Node\.js 26 or newer; this is v/)
  rmSync(folder, { recursive: true })
})
