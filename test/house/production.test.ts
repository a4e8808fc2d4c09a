/**
 * What the server runs on: the Node that is named by its digest, no other native code, few packages
 * and no development package.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import digests from '../../bin/node-digests.json' with { type: 'json' }
import nodeFlags from '../../bin/node-flags.json' with { type: 'json' }
import packageFile from '../../package.json' with { type: 'json' }
import lockfile from '../../package-lock.json' with { type: 'json' }
import { newFolder } from '../e2e/server.ts'

const platforms = packageFile.optionalDependencies as Readonly<Record<string, string>>

test('every platform’s Node has a digest, of the version that is installed', () => {
  assert.deepEqual(Object.keys(digests.sha256).toSorted(), Object.keys(platforms).toSorted())
  for (const [name, version] of Object.entries(platforms))
    assert.equal(version, digests.version, name)
  for (const digest of Object.values(digests.sha256)) assert.match(digest, /^[0-9a-f]{64}$/)
})

test('the Node of this machine is the one that is named', (t) => {
  const installed = globSync(
    Object.keys(platforms).map((name) => `node_modules/${name}/bin/node{,.exe}`),
  )
  if (installed.length === 0) return t.skip('no Node of a package is installed here')
  for (const path of installed) {
    const name = path.split('/')[1] as keyof typeof digests.sha256
    assert.equal(
      createHash('sha256').update(readFileSync(path)).digest('hex'),
      digests.sha256[name],
    )
  }
})

test('a setup whose Node is another program ends with a line and starts nothing', () => {
  const folder = newFolder()
  const [platform] = globSync(Object.keys(platforms).map((name) => `node_modules/${name}`))
  if (platform === undefined) return rmSync(folder, { recursive: true })
  cpSync('bin', join(folder, 'bin'), { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) cpSync(file, join(folder, file))
  mkdirSync(join(folder, platform, 'bin'), { recursive: true })
  const program = join(folder, platform, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  writeFileSync(program, '#!/bin/sh\necho started\n', { mode: 0o755 })
  appendFileSync(join(folder, 'npm.js'), '')
  // Stands in for npm: it "installs" what is there.
  const env = { ...process.env, npm_execpath: join(folder, 'npm.js'), NODE_OPTIONS: '' }
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [join(folder, 'bin/with-setup.js'), 'src/main.ts'],
    {
      encoding: 'utf8',
      env,
    },
  )
  assert.equal(status, 1, stderr)
  assert.match(stderr, /is not the Node\.js 26\.\d+\.\d+ that bin\/node-digests\.json names/)
  assert.doesNotMatch(stdout, /started/)
  rmSync(folder, { recursive: true })
})

/**
 * Each package is the code of others in the process that holds the root key, however it came there:
 * all of them have to be read about, updated and trusted. A few dozen can be, hundreds cannot, so
 * there is a limit, and a package that needs many others has to be worth their room.
 */
const mostPackages = 50

test(`a production install holds at most ${mostPackages} packages`, () => {
  const locked: Readonly<Record<string, { readonly version: string; readonly dev?: boolean }>> =
    lockfile.packages
  const installed = Object.keys(locked).filter((path) => path !== '' && locked[path]?.dev !== true)
  const nodes = installed.filter((path) => path.replace('node_modules/', '') in platforms)
  assert.equal(nodes.length, Object.keys(platforms).length)
  // A machine gets one Node, that of its platform.
  const count = installed.length - nodes.length + 1
  assert.ok(count <= mostPackages, `it holds ${count}:\n${installed.join('\n')}`)
})

test('the server imports no development package', () => {
  const allowed = Object.keys(packageFile.dependencies)
  const wrong = globSync(['src/**/*.ts', 'bin/*.js']).flatMap((file) =>
    [
      ...readFileSync(file, 'utf8').matchAll(
        /^(?:import|export)\b[^'";]*\bfrom '([^']+)'|\bimport\('([^']+)'\)/gm,
      ),
    ]
      .map(([, from, dynamic]) => from ?? dynamic ?? '')
      .filter((name) => !/^(\.|node:)/.test(name))
      .filter(
        (name) =>
          !allowed.includes(
            name.startsWith('@')
              ? name.split('/').slice(0, 2).join('/')
              : (name.split('/')[0] ?? ''),
          ),
      )
      .map((name) => `${file}: ${name}`),
  )
  assert.deepEqual(wrong, [])
})

test('the server loads no native code: neither addons nor foreign functions', () => {
  const run = (code: string) =>
    spawnSync(process.execPath, [...nodeFlags, '-e', code], { encoding: 'utf8' }).stderr
  assert.match(run("process.dlopen({ exports: {} }, '/nothing.node')"), /ERR_DLOPEN_DISABLED/)
  assert.match(run("require('node:ffi')"), /ERR_UNKNOWN_BUILTIN_MODULE/)
})
