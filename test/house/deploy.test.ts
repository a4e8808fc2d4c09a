/**
 * Documents and the files in docs/deploy name settings that exist, and give a stop its time: a
 * renamed flag fails here.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { serverFlags } from '../../src/config.ts'

const documents = globSync(['*.md', 'docs/**/*.md'])
const read = (name: string): string => readFileSync(`docs/deploy/${name}`, 'utf8')
const withVariables = globSync(['Dockerfile', '*.yaml'], { cwd: 'docs/deploy' })

/** Long flags in a text. */
const flagsIn = (text: string): string[] =>
  [...text.matchAll(/(?<![\w-])--[a-z][a-z0-9-]*/g)].map(([flag]) => flag)
const variablesIn = (text: string): string[] => text.match(/\bHOLDFAST_[A-Z0-9_]+/g) ?? []

const ofServer = serverFlags.map(([flag]) => flag.split(' ')[0] ?? '')
const variables = ofServer.map(
  (flag) => `HOLDFAST_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`,
)

/** Flags of every command, as its completion offers them. */
function ofHoldfast(): Set<string> {
  const { stdout } = spawnSync(process.execPath, ['bin/holdfast.js', 'completion', 'bash'], {
    encoding: 'utf8',
  })
  return new Set([...flagsIn(stdout), '--version'])
}

/** Flags of other programs that documents show. */
const others: Readonly<Record<string, string>> = {
  'bin/with-setup.js': '--console',
  docker: '--build --detach',
  'examples/kms.js': '--get',
  node: '--disallow-code-generation-from-strings --no-addons --permission --test',
  'npm run bench': '--against --keys --only --quick --rounds --seconds --smoke --target',
  'npm run screenshots': '--all',
  'pkcs11-tool':
    '--application-id --delete-object --extractable --hash-algorithm --id --key-type --keygen ' +
    '--keypairgen --label --login --mechanism --mgf --module --output-file --pin --read-object ' +
    '--sensitive --type --usage-sign --usage-wrap --wrap --write-object',
  sops: '--hckms',
  systemd: '--now --offline',
  'test/golden/generate.py': '--check',
  useradd: '--shell --system',
}

test('every flag in a document is one of Holdfast, or listed with its program', () => {
  const known = ofHoldfast()
  assert.ok(ofServer.every((flag) => known.has(flag)))
  const listed = Object.values(others).flatMap((flags) => flags.split(' '))
  const found = documents.flatMap((file) =>
    flagsIn(readFileSync(file, 'utf8'))
      .filter((flag) => !known.has(flag) && !listed.includes(flag))
      .map((flag) => `${file}: ${flag}`),
  )
  assert.deepEqual(found, [])
  const used = new Set(documents.flatMap((file) => flagsIn(readFileSync(file, 'utf8'))))
  assert.deepEqual(
    listed.filter((flag) => !used.has(flag) || known.has(flag)),
    [],
    'listed in vain',
  )
})

test('the unit starts a server with flags that it has', () => {
  const command = /^ExecStart=(?:.*\\\n)*.*/m.exec(read('holdfast.service'))?.[0] ?? ''
  const flags = flagsIn(command)
  assert.ok(flags.length >= 5, command)
  assert.deepEqual(
    flags.filter((flag) => !ofServer.includes(flag)),
    [],
  )
})

test('variables in the other files are settings of the server, or of haproxy.cfg', () => {
  const balancers = [...new Set(variablesIn(read('haproxy.cfg')))].filter(
    (name) => name !== 'HOLDFAST_NODE_',
  )
  assert.deepEqual(
    balancers.filter((name) => variables.includes(name)),
    [],
    'the two do not meet',
  )
  const set = withVariables.flatMap((file) => variablesIn(read(file)))
  assert.ok(set.length > 15)
  for (const name of set)
    assert.ok([...variables, ...balancers].includes(name) || name === 'HOLDFAST_', name)
  for (const name of balancers)
    assert.ok(variablesIn(read('compose.yaml')).includes(name), `${name} is set by Compose`)
})

test('a supervisor waits for the drain and 15 s before it kills', () => {
  const times: Readonly<Record<string, RegExp>> = {
    'holdfast.service': /^TimeoutStopSec=(\d+)$/m,
    'compose.yaml': /stop_grace_period: (\d+)s/,
    'kubernetes.yaml': /terminationGracePeriodSeconds: (\d+)/,
  }
  for (const [file, time] of Object.entries(times)) {
    const text = read(file)
    const [, drain] =
      /(?:--drain-seconds |HOLDFAST_DRAIN_SECONDS(?::|\n +value:) ")(\d+)/.exec(text) ?? []
    assert.ok(drain !== undefined, `${file} drains`)
    const [, wait] = time.exec(text) ?? []
    assert.ok(Number(wait) >= Number(drain) + 15, `${file}: ${wait} s`)
  }
})
