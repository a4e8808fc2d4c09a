/**
 * The rooms and the arrows between them, read from every import. docs/architecture.md describes the
 * rooms.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/**
 * What each room may import in addition to itself. Packages and Node's modules are listed in
 * `packages` below.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  wire: [],
  ports: ['domain'],
  crypto: ['domain'],
  access: ['domain', 'ports', 'crypto', 'wire'],
  audit: ['domain', 'ports', 'crypto', 'wire'],
  engine: ['domain', 'ports', 'crypto', 'access'],
  store: ['domain', 'ports'],
  root: ['domain', 'ports', 'crypto'],
  runtime: ['domain', 'ports'],
  http: ['domain', 'ports', 'wire'],
  telemetry: ['domain', 'ports', 'wire'],
  projections: ['domain', 'ports', 'crypto', 'audit'],
  api: ['domain', 'wire', 'engine', 'access', 'http'],
  // Each is a room of its own: none knows another.
  dialects: ['domain', 'wire', 'engine', 'access', 'http', 'api'],
  config: ['domain', 'ports'],
  custody: ['domain'],
  cli: ['domain', 'ports', 'wire', 'crypto', 'custody', 'config'],
}

/** Rooms that wire the others together. */
const wiring: ReadonlySet<string> = new Set(['main', 'server'])

/** The one room, or the few, that may use a package. */
const packages: Readonly<Record<string, readonly string[]>> = {
  '@noble/curves': ['crypto', 'custody'],
  '@noble/hashes': ['custody'],
  '@noble/post-quantum': ['custody'],
  '@scure/bip39': ['custody'],
  'age-encryption': ['custody'],
  asn1js: ['custody'],
  commander: ['cli', 'server'],
  hpke: ['root'],
  kysely: ['store'],
  'lru-cache': ['access', 'runtime', 'engine', 'store'],
  pino: ['telemetry'],
  pg: ['store'],
  'prom-client': ['telemetry'],
  'shamir-secret-sharing': ['custody'],
  typebox: ['api', 'dialects'],
}

type Import = { readonly file: string; readonly room: string; readonly target: string }

function roomOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  if (top === 'dialects') return `dialects/${second}`
  return top.replace(/\.ts$/, '')
}

function importsOf(file: string): Import[] {
  const source = readFileSync(join('src', file), 'utf8')
  const found = source.matchAll(
    /^(?:import|export)\b[^'";]*\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm,
  )
  return [...found].map(([, from, bare, dynamic]) => ({
    file,
    room: roomOf(file),
    target: from ?? bare ?? dynamic ?? '',
  }))
}

/** The row of the table for a room. */
function themeOf(room: string): string {
  return room.startsWith('dialects/') ? 'dialects' : room
}

const files = globSync('**/*.ts', { cwd: 'src' })
const imports = files.flatMap(importsOf)

test('there is something to look at', () => {
  assert.ok(files.length > 20 && imports.length > 50)
})

test('a room imports only from the rooms that the table names', () => {
  const wrong = imports
    .filter(({ room, target }) => target.startsWith('.') && !wiring.has(room))
    .map(({ file, room, target }) => ({
      file,
      room,
      target: roomOf(normalize(join(dirname(file), target))),
    }))
    .filter(({ room, target }) => target !== room && !arrows[themeOf(room)]?.includes(target))
  assert.deepEqual(wrong, [])
})

test('the domain and the ports import no package', () => {
  const wrong = imports.filter(
    ({ room, target }) => ['domain', 'ports', 'wire'].includes(room) && !/^(\.|node:)/.test(target),
  )
  assert.deepEqual(wrong, [])
})

test('the domain does no I/O and asks no clock', () => {
  const wrong = imports.filter(
    ({ room, target }) => room === 'domain' && target.startsWith('node:'),
  )
  assert.deepEqual(wrong, [])
  for (const file of files.filter((one) => one.startsWith('domain/'))) {
    assert.doesNotMatch(
      readFileSync(join('src', file), 'utf8'),
      /Date\.now|new Date\(\)|performance\.|process\.|console\./,
      file,
    )
  }
})

test('a package is used only in its rooms', () => {
  const wrong = imports.filter(({ room, target }) => {
    if (/^(\.|node:)/.test(target)) return false
    const name = target.startsWith('@')
      ? target.split('/').slice(0, 2).join('/')
      : target.split('/')[0]
    return !packages[name ?? '']?.includes(themeOf(room))
  })
  assert.deepEqual(wrong, [])
})

test('only the envelope and the key wrap call a cipher', () => {
  const wrong = files.filter((file) =>
    /create(C|Dec)ipheriv/.test(readFileSync(join('src', file), 'utf8')),
  )
  assert.deepEqual(wrong, ['crypto/envelope.ts', 'crypto/key-wrap.ts'])
})

/**
 * The modules that reach a primitive: all computation goes through them, and through their tests.
 */
const primitives: Readonly<Record<string, readonly string[]>> = {
  sign: [
    'crypto/asymmetric/ecdsa.ts',
    'crypto/asymmetric/rsa-signatures.ts',
    'crypto/asymmetric/whole-messages.ts',
  ],
  verify: [
    'crypto/asymmetric/ecdsa.ts',
    'crypto/asymmetric/rsa-signatures.ts',
    'crypto/asymmetric/whole-messages.ts',
  ],
  privateEncrypt: ['crypto/asymmetric/rsa-signatures.ts'],
  publicDecrypt: ['crypto/asymmetric/rsa-signatures.ts'],
  privateDecrypt: ['crypto/asymmetric/oaep.ts'],
  publicEncrypt: ['crypto/asymmetric/oaep.ts'],
  createPrivateKey: [
    'cli/material.ts',
    'crypto/asymmetric/key-objects.ts',
    'crypto/asymmetric/private-keys.ts',
  ],
  createPublicKey: [
    'cli/material.ts',
    'crypto/asymmetric/key-objects.ts',
    'crypto/asymmetric/private-keys.ts',
  ],
  generateKeyPairSync: ['crypto/asymmetric/private-keys.ts', 'runtime/wrapping-key-maker.ts'],
  checkPrimeSync: ['crypto/asymmetric/rsa-checks.ts'],
  createECDH: ['crypto/asymmetric/private-keys.ts'],
  diffieHellman: ['crypto/asymmetric/key-agreement.ts'],
  argon2: ['crypto/password.ts'],
}

test('a primitive is called only from its own module', () => {
  for (const [name, allowed] of Object.entries(primitives)) {
    const users = files.filter((file) => {
      const named =
        /import \{([^}]*)\} from 'node:crypto'/.exec(
          readFileSync(join('src', file), 'utf8'),
        )?.[1] ?? ''
      return named.split(',').some((one) => one.trim() === name)
    })
    assert.deepEqual(users.toSorted(), [...allowed].toSorted(), name)
  }
})

test('only the configuration reads the environment', () => {
  const wrong = files.filter((file) => /process\.env/.test(readFileSync(join('src', file), 'utf8')))
  assert.deepEqual(wrong, ['server/commands/command.ts'])
  assert.match(
    readFileSync('src/server/commands/command.ts', 'utf8'),
    /readConfig\(flags, process\.env\)/,
  )
  assert.match(
    readFileSync('src/server/commands/command.ts', 'utf8'),
    /addClientCommands\(program, process\.env\)/,
  )
})

test('no source draws randomness from anything but the operating system', () => {
  const wrong = files.filter((file) => /Math\.random/.test(readFileSync(join('src', file), 'utf8')))
  assert.deepEqual(wrong, [])
})

test('the console is a client: of the server it knows rules, the owner’s side, types of answers and names on the wire; it shows one document', async () => {
  const sources = globSync('src/**/*.{ts,tsx}', { cwd: 'console' })
  assert.ok(sources.length > 50)
  const { consoleSources } = await import(
    new URL('../../bin/console-state.js', import.meta.url).href
  )
  const built = new Set<string>(consoleSources())
  for (const file of sources) {
    const source = readFileSync(join('console', file), 'utf8')
    for (const [statement, kind, target = ''] of source.matchAll(
      /^import (type )?[^'"]*from '([^']+)'/gms,
    )) {
      if (!target.startsWith('.')) continue
      const path = normalize(join('console', dirname(file), target))
      if (path.startsWith('console/')) continue
      const isRule = /^src\/(domain|custody)\//.test(path)
      const isType = path === 'src/dialects/admin/answers.ts' && kind !== undefined
      const isNames = path === 'src/dialects/huawei/grant-names.ts'
      const isDocument = path === 'docs/clients.md?raw'
      assert.ok(isRule || isType || isNames || isDocument, `${file}: ${statement}`)
      if (kind === undefined)
        assert.ok(
          built.has(path.replace('?raw', '')),
          `a change of ${path} builds the console again`,
        )
    }
  }
})

test('material is touched in the worker alone: the page imports its types, its client and its messages', () => {
  for (const file of globSync('src/{app,api,parts,features,texts}/**/*.{ts,tsx}', {
    cwd: 'console',
  })) {
    const source = readFileSync(join('console', file), 'utf8')
    const targets = [...source.matchAll(/from '([^']*\/material\/[^']+)'/g)].map(
      ([, target = '']) => target,
    )
    for (const target of targets.filter((one) => !one.includes('/src/')))
      assert.match(target, /\/(client|protocol|verdicts)\.ts$/, file)
  }
})

/** Modules that a module loads at run time: imports of types only are gone by then. */
function loadedBy(folder: string): ReadonlyMap<string, readonly string[]> {
  const names = new Set(globSync(`${folder}/**/*.{ts,tsx}`))
  const targets = (file: string): string[] => {
    const found = readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b(?!\s+type\b)[^'";]*?\bfrom '(\.[^']+)'/gm,
    )
    return [...found]
      .map(([, target = '']) => normalize(join(dirname(file), target)))
      .filter((target) => names.has(target))
  }
  return new Map([...names].map((file) => [file, targets(file)]))
}

/** The first cycle that is found from a module, as the path around it. */
function circleFrom(
  file: string,
  loads: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
  way: string[] = [],
): string[] | undefined {
  if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
  if (done.has(file)) return undefined
  for (const next of loads.get(file) ?? []) {
    const circle = circleFrom(next, loads, done, [...way, file])
    if (circle !== undefined) return circle
  }
  done.add(file)
  return undefined
}

for (const folder of ['src', 'console/src'])
  test(`no module of ${folder} loads itself by way of others`, () => {
    const loads = loadedBy(folder)
    assert.ok(loads.size > 100)
    const done = new Set<string>()
    for (const file of loads.keys())
      assert.equal(circleFrom(file, loads, done)?.join(' -> '), undefined)
  })
